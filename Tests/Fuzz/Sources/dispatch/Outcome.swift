import FuzzSupport

@testable import TwinlockVarlink

/// What a connection came to, held against what the bytes say by the second reader.
struct Outcome {
    let received: [UInt8]
    let sent: [UInt8]
    let begun: [PlainCall]
    let isOpen: Bool
    let isInputClosed: Bool

    /// - Parameter isWhole: Nothing ended the connection but what was received.
    func check(isWhole: Bool) {
        let messages = PlainMessages(self.received)
        let calls = messages.messages.map { PlainCall($0) }
        let carriedOut = calls.prefix { $0 != nil }.compactMap(\.self)
        let isRefused = carriedOut.count < calls.count || messages.end == .tooLong || messages.end == .empty

        let expected = carriedOut.filter { Service.interfaces.contains($0.interface) }
        claim(expected.starts(with: self.begun), "a call began that never came")
        let answered = self.answered(carriedOut.filter { !$0.oneway })
        guard isWhole else { return }
        claim(self.begun == expected, "a whole call was not carried out")
        claim(answered == carriedOut.count { !$0.oneway }, "a call got no answer")
        claim(self.isOpen != (isRefused || self.isInputClosed), "open, or closed, and should not be")
    }

    /// How many of the calls were answered to the end.
    private func answered(_ calls: [PlainCall]) -> Int {
        let messages = PlainMessages(self.sent)
        claim(messages.end == .none, "a reply is not whole")
        var answered = 0
        for message in messages.messages {
            guard answered < calls.count else { fatalError("a reply to no call") }
            let call = calls[answered]
            guard let reply = try? ReceivedReply.decode(Frame(message), more: call.more) else {
                fatalError("what was sent is no reply")
            }
            claim(PlainReply(message, more: call.more) != nil, "what was sent is no reply to the second reader")
            if !Service.interfaces.contains(call.interface) && !Service.introspects(call) {
                claim(reply.errorName == "org.varlink.service.MethodNotFound", "a method was found that is not there")
            }
            if !reply.continues { answered += 1 }
        }
        return answered
    }
}
