import FuzzSupport
import TwinlockInterface

@testable import TwinlockVarlink

/// A service with the methods of ours, as far as their parameters go, and some that take their time.
///
/// Everything here is on one thread.
final class Service: @unchecked Sendable {
    static let peer = Peer(uid: 1000, gid: 1000, groups: [], pid: 1)
    static let interfaces = ["fuzz.it"] + InterfaceText.all.map(\.name)

    /// Calls that came here, in their order.
    private(set) var begun: [PlainCall] = []
    /// How many of them have not ended.
    private(set) var atWork = 0
    private var gate: [CheckedContinuation<Void, Never>] = []

    var varlinkService: VarlinkService {
        VarlinkService(
            vendor: "v",
            product: "p",
            version: "1",
            url: "",
            interfaces: [("fuzz.it", "interface fuzz.it\n")] + InterfaceText.all
        ) { call, _, replies in
            self.begin(call)
            let reply = await self.answer(call, replies)
            self.atWork -= 1
            return reply
        }
    }

    /// Whether the call is one that every service answers itself.
    static func introspects(_ call: PlainCall) -> Bool {
        ["org.varlink.service.GetInfo", "org.varlink.service.GetInterfaceDescription"].contains(call.method)
    }

    /// Lets the call that has waited longest go on; false if none waits.
    @discardableResult
    func letOnePass() -> Bool {
        guard !self.gate.isEmpty else { return false }
        self.gate.removeFirst().resume()
        return true
    }

    private func begin(_ call: Call) {
        claim(self.atWork == 0, "two calls are at work")
        self.atWork += 1
        guard let plain = PlainCall(again(call)) else { fatalError("what came is no call to the second reader") }
        self.begun.append(plain)
    }

    private func answer(_ call: Call, _ replies: ReplySink) async -> Reply {
        switch call.method {
        case "fuzz.it.Echo":
            return .success { writer in
                for (name, value) in call.parameters?.members ?? [] {
                    writer.name(name)
                    writer.value(value)
                }
            }
        case "fuzz.it.Fail":
            return .error("fuzz.it.Failed") { $0.member("x", 1) }
        case "fuzz.it.Wait":
            await withCheckedContinuation { self.gate.append($0) }
            return .success()
        case "fuzz.it.Series":
            return await self.series(call, replies)
        default:
            guard let known = KnownMethod.all.first(where: { $0.name == call.method }) else {
                return .methodNotFound(call.method)
            }
            return known.answer(call.parameters)
        }
    }

    private func series(_ call: Call, _ replies: ReplySink) async -> Reply {
        for number in 0..<max(0, min(4, call.parameters?["n"]?.integer ?? 2)) {
            do throws(ReplySinkError) {
                try await replies.send(.success { $0.member("number", number) })
            } catch {
                claim(error != .callEnded, "a call at work has ended")
                claim((error == .moreNotAsked) == !call.more, "\(error)")
                return .error("fuzz.it.NotSent")
            }
        }
        return .success()
    }
}

/// A call as it would be sent.
private func again(_ call: Call) -> [UInt8] {
    let frame = Frame()
    var writer = JSONWriter(into: frame)
    writer.beginObject()
    writer.member("method", call.method)
    if call.oneway { writer.member("oneway", true) }
    if call.more { writer.member("more", true) }
    if let parameters = call.parameters {
        writer.name("parameters")
        writer.value(parameters)
    }
    writer.endObject()
    return frame.bytes
}
