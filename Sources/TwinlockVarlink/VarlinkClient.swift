public import NIOCore

/// The client's side of one connection.
///
/// Who connects the channel is the caller's business.
///
/// One call at a time; calls made meanwhile wait for their turn. Nothing is sent twice: a call that failed may have been
/// carried out.
public final class VarlinkClient: Sendable {
    /// What the server answered.
    public enum Answer: Sendable {
        /// The call was carried out. Its results are an object, or nothing.
        case success(JSONValue?)
        /// The call was not carried out: the error's full name and its fields, an object or nothing.
        case error(name: String, parameters: JSONValue?)
    }

    private let channel: any Channel
    private let handler: NIOLoopBound<ClientConnectionHandler>

    private init(channel: any Channel, handler: NIOLoopBound<ClientConnectionHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// A client that speaks on a connected channel, whose last handler it becomes.
    public static func attach(to channel: any Channel) -> EventLoopFuture<VarlinkClient> {
        channel.eventLoop.submit {
            let handler = ClientConnectionHandler()
            try channel.pipeline.syncOperations.addHandler(handler)
            return VarlinkClient(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
        }
    }

    /// Calls a method and waits for its one reply.
    ///
    /// - Parameters:
    ///   - method: Fully qualified.
    ///   - deadline: How long the answer may take, the wait for earlier calls included.
    ///   - parameters: Writes the members; the object is opened and closed around it.
    /// - Returns: What the server said. Its bytes are wiped when the last `JSONValue` of it goes.
    /// - Throws: Why there is no answer. After all but `callTooLong`, and `timedOut` in the queue, the connection is closed.
    public nonisolated(nonsending) func call(
        _ method: String,
        deadline: TimeAmount,
        parameters: ((inout JSONWriter) -> Void)? = nil
    ) async throws(ClientError) -> Answer {
        let frame = Frame()
        Call.encode(method: method, oneway: false, more: false, into: frame, parameters: parameters)
        guard frame.count <= Limits.messageBytes else { throw .callTooLong }
        let handler = self.handler
        let eventLoop = self.channel.eventLoop
        let result = await withCheckedContinuation { waiter in
            eventLoop.execute { handler.value.submit(frame, deadline: deadline, waiter) }
        }
        let reply = try result.get()
        guard let name = reply.errorName else { return .success(reply.parameters) }
        return .error(name: name, parameters: reply.parameters)
    }

    /// Closes the connection and waits until it is closed.
    ///
    /// Calls that wait fail with `connectionClosed`.
    public func close() async {
        // A connection that is closed already is what was wanted: the only error here says so.
        try? await self.channel.close().get()
    }
}
