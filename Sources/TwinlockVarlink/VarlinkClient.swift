public import NIOCore
import Synchronization

/// The client's side of one connection.
///
/// Who connects the channel is the caller's business.
///
/// One call at a time; calls made meanwhile wait for their turn. Nothing is sent twice: a call that failed may have been
/// carried out. A task that is cancelled while it waits for an answer gives its call up, and with it the connection.
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
    private let calls = Atomic<UInt64>(0)

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
        let message = try Self.message(method, parameters: parameters)
        let number = self.nextNumber()
        return try await self.wait(for: number) { handler, waiter in
            handler.submit(number, message, .one, deadline: deadline, waiter)
        }.answer
    }

    /// Calls a method that is to say nothing, not even that it failed, and waits until the call is sent.
    ///
    /// Calls on this connection are carried out in their order: the next one finds this one done.
    public nonisolated(nonsending) func callOneway(
        _ method: String,
        deadline: TimeAmount,
        parameters: ((inout JSONWriter) -> Void)? = nil
    ) async throws(ClientError) {
        let message = try Self.message(method, oneway: true, parameters: parameters)
        let number = self.nextNumber()
        _ = try await self.wait(for: number) { handler, waiter in
            handler.submit(number, message, .nothing, deadline: deadline, waiter)
        }
    }

    /// Prepares a call whose replies are fetched one by one. It is sent when the first is asked for.
    ///
    /// Other calls on this connection wait until the series has ended.
    ///
    /// - Throws: `callTooLong` alone.
    public func series(
        _ method: String,
        parameters: ((inout JSONWriter) -> Void)? = nil
    ) throws(ClientError) -> ReplySeries {
        ReplySeries(self, try Self.message(method, more: true, parameters: parameters), number: self.nextNumber())
    }

    /// Closes the connection and waits until it is closed.
    ///
    /// Calls that wait fail with `connectionClosed`.
    public func close() async {
        // A connection that is closed already is what was wanted: the only error here says so.
        try? await self.channel.close().get()
    }

    /// Gives a call up that nobody waits for.
    func abandon(_ number: UInt64) {
        let handler = self.handler
        self.channel.eventLoop.execute { handler.value.giveUp(number, .cancelled) }
    }

    /// Lets the event loop begin something and waits for what it brings.
    nonisolated(nonsending) func wait(
        for number: UInt64,
        _ begin: @escaping @Sendable (ClientConnectionHandler, ClientConnectionHandler.Waiter) -> Void
    ) async throws(ClientError) -> ReceivedReply {
        let handler = self.handler
        let eventLoop = self.channel.eventLoop
        // Cancelling may come to the event loop before what it is to cancel.
        let isCancelled = Flag()
        let result: Result<ReceivedReply, ClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: ClientConnectionHandler.Waiter) in
                eventLoop.execute {
                    guard !isCancelled.isSet else { return waiter.resume(returning: .failure(.cancelled)) }
                    begin(handler.value, waiter)
                }
            }
        } onCancel: {
            isCancelled.set()
            eventLoop.execute { handler.value.giveUp(number, .cancelled) }
        }
        return try result.get()
    }

    private func nextNumber() -> UInt64 {
        self.calls.wrappingAdd(1, ordering: .relaxed).newValue
    }

    private static func message(
        _ method: String,
        oneway: Bool = false,
        more: Bool = false,
        parameters: ((inout JSONWriter) -> Void)?
    ) throws(ClientError) -> Frame {
        let frame = Frame()
        Call.encode(method: method, oneway: oneway, more: more, into: frame, parameters: parameters)
        guard frame.count <= Limits.messageBytes else { throw .callTooLong }
        return frame
    }
}

/// Set once, by anybody.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { self.value.load(ordering: .acquiring) }

    func set() {
        self.value.store(true, ordering: .releasing)
    }
}
