/// Why a reply ahead of the final one was not sent.
public enum ReplySinkError: Error, Hashable, Sendable {
    /// The call did not ask for `more`.
    case moreNotAsked
    /// The final reply has been given.
    case callEnded
    /// The peer is gone, or did not take the reply in time.
    case connectionClosed
}

/// Sends the replies of a `more` call ahead of the final one, which is the method's result.
public struct ReplySink: Sendable {
    private let transmit: @Sendable (Reply) async throws(ReplySinkError) -> Void

    /// A sink that hands replies to a function.
    ///
    /// A connection makes its own; this one is for tests of methods.
    public init(_ transmit: @escaping @Sendable (Reply) async throws(ReplySinkError) -> Void) {
        self.transmit = transmit
    }

    /// The sink of a call that did not ask for `more`.
    public static var none: ReplySink {
        ReplySink { _ throws(ReplySinkError) in throw .moreNotAsked }
    }

    /// Sends one reply marked `continues` and waits until the socket has taken it.
    ///
    /// - Parameter reply: A success. An error ends a series: return it from the method.
    public func send(_ reply: Reply) async throws(ReplySinkError) {
        precondition(!reply.isError, "an error ends a series of replies: return it")
        try await self.transmit(reply)
    }
}
