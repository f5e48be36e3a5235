import TwinlockVarlink

/// The exchanges that are going on, and what their calls are answered.
actor Exchanges {
    /// More are not kept: a new one drops the oldest.
    static let atOnce = 64

    private let values: Values
    /// The oldest first.
    private var exchanges: [Exchange] = []

    init(values: Values) {
        self.values = values
    }

    /// Answers a call to the interface.
    func answer(_ call: Call, replies: ReplySink) async -> Reply {
        if call.memberName == "Start" { return self.start(call) }
        guard Step(rawValue: call.memberName) != nil else { return .methodNotFound(call.method) }
        guard let clientID = call.parameters?["client_id"]?.string else { return .invalidParameter("client_id") }
        guard let index = self.exchanges.firstIndex(where: { $0.clientID == clientID }) else {
            return .error("\(InterfaceText.name).ClientIdError")
        }
        let exchange = self.exchanges[index]
        switch exchange.verdict(on: call) {
        case .wrong:
            self.exchanges.remove(at: index)
            return exchange.certificationError(call)
        case .malformed(let name): return .invalidParameter(name)
        case .withoutMore: return .expectedMore
        case .right: break
        }
        if let next = exchange.step.next {
            self.exchanges[index].step = next
            self.exchanges[index].handed = self.values.given(by: exchange.step)
        } else {
            self.exchanges.remove(at: index)
        }
        return await self.carryOut(exchange.step, replies: replies)
    }

    private func start(_ call: Call) -> Reply {
        if let unknown = call.parameters?.members?.first { return .invalidParameter(unknown.name) }
        var generator = SystemRandomNumberGenerator()
        let clientID = (0..<2).map { _ in String(generator.next() as UInt64, radix: 16) }.joined(separator: "-")
        if self.exchanges.count == Self.atOnce { self.exchanges.removeFirst() }
        self.exchanges.append(Exchange(clientID: clientID))
        return .success { $0.member("client_id", clientID) }
    }

    private func carryOut(_ step: Step, replies: ReplySink) async -> Reply {
        switch step {
        case .test10:
            for reply in self.values.replies.dropLast() {
                do throws(ReplySinkError) {
                    try await replies.send(.success { $0.member("string", reply) })
                } catch {
                    // The peer is gone: the last reply will not reach it either.
                    break
                }
            }
            let last = self.values.replies.last
            return .success { $0.member("string", last) }
        case .test01, .test02, .test03, .test04, .test05, .test06, .test07, .test08, .test09, .test11, .end:
            let given = self.values.given(by: step)
            return .success { $0.members(given.members) }
        }
    }
}

/// One client's way through the steps.
private struct Exchange {
    /// What to make of a call.
    enum Verdict {
        /// The call that comes next, with the values that were handed over.
        case right
        /// Another method, flag or value.
        case wrong
        /// A parameter that the method does not have, or lacks, or has with another type.
        case malformed(String)
        /// Right but for the flag without which the method cannot be called.
        case withoutMore
    }

    let clientID: String
    /// The call that comes next.
    var step = Step.test01
    /// What the call before it returned.
    var handed: Value = [:]

    /// The call that comes next, as it goes over the wire.
    private var wanted: Value {
        var members: [(name: String, value: Value)] = [
            ("method", .string("\(InterfaceText.name).\(self.step.rawValue)")), ("parameters", self.parameters),
        ]
        if self.step.isMore { members.append(("more", true)) }
        if self.step.isOneway { members.append(("oneway", true)) }
        return .object(members)
    }

    private var parameters: Value {
        .object([("client_id", .string(self.clientID))] + self.handed.members)
    }

    func verdict(on call: Call) -> Verdict {
        guard call.memberName == self.step.rawValue else { return .wrong }
        if let name = self.malformed(call.parameters) { return .malformed(name) }
        if self.step.isMore, !call.more { return .withoutMore }
        guard call.more == self.step.isMore, call.oneway == self.step.isOneway,
            self.parameters.matches(call.parameters)
        else { return .wrong }
        return .right
    }

    func certificationError(_ call: Call) -> Reply {
        let wanted = self.wanted
        return .error("\(InterfaceText.name).CertificationError") { writer in
            writer.name("wants")
            writer.value(wanted)
            writer.name("got")
            writer.beginObject()
            writer.member("method", call.method)
            if let parameters = call.parameters {
                writer.name("parameters")
                writer.value(parameters)
            }
            if call.more { writer.member("more", true) }
            if call.oneway { writer.member("oneway", true) }
            writer.endObject()
        }
    }

    private func malformed(_ parameters: JSONValue?) -> String? {
        let wanted = self.parameters.members
        if let unknown = parameters?.members?.first(where: { found in !wanted.contains { $0.name == found.name } }) {
            return unknown.name
        }
        return wanted.first { member in parameters?[member.name].map(member.value.isOfKind) != true }?.name
    }
}
