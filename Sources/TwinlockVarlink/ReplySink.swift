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
    private let watch: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// A sink that hands replies to a function.
    ///
    /// A connection makes its own; this one is for tests of methods.
    ///
    /// - Parameter watch: Takes what is to be done when the peer hangs up.
    public init(
        watch: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { _ in },
        _ transmit: @escaping @Sendable (Reply) async throws(ReplySinkError) -> Void
    ) {
        self.transmit = transmit
        self.watch = watch
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

    /// Has something done when the peer hangs up before the final reply; at once if it has.
    ///
    /// For a call that waits for what may never come: nobody cancels its task.
    public func onHangUp(_ action: @escaping @Sendable () -> Void) {
        self.watch(action)
    }
}
