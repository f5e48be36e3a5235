public import NIOCore

/// The replies to one call that asked for more than one.
///
/// Whoever has it reads it; there is no second reader. One that is let go before its end closes the connection: the server
/// would go on sending.
public struct ReplySeries: ~Copyable, Sendable {
    private enum State: Sendable {
        case unsent(Frame)
        case going
        case ended
    }

    private let client: VarlinkClient
    private let number: UInt64
    private var state: State

    init(_ client: VarlinkClient, _ call: Frame, number: UInt64) {
        self.client = client
        self.number = number
        self.state = .unsent(call)
    }

    deinit {
        switch self.state {
        case .going: self.client.abandon(self.number)
        case .unsent, .ended: break
        }
    }

    /// The next reply; nil when the one before it was the last. An error reply is the last.
    ///
    /// - Parameter deadline: How long it may take; nil for a series that goes on for as long as it is read.
    /// - Throws: Why there is no reply. The series has ended then.
    public nonisolated(nonsending) mutating func next(
        deadline: TimeAmount?
    ) async throws(ClientError) -> VarlinkClient.Answer? {
        let number = self.number
        let state = self.state
        self.state = .ended
        let reply: ReceivedReply
        switch state {
        case .ended:
            return nil
        case .unsent(let call):
            reply = try await self.client.wait(for: number) { handler, waiter in
                handler.submit(number, call, .series, deadline: deadline, waiter)
            }
        case .going:
            reply = try await self.client.wait(for: number) { handler, waiter in
                handler.awaitNext(number, deadline: deadline, waiter)
            }
        }
        if reply.continues { self.state = .going }
        return reply.answer
    }
}
