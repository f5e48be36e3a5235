public import NIOCore

/// The server's side of one connection: bytes in, calls carried out one at a time, replies out in their order.
///
/// The last handler of its pipeline. It sets the channel's options that it relies on (half closure, one buffer a read).
/// While a call is at work or its reply on its way, one buffer is read ahead and no more, so that a peer that pipelines waits
/// in the kernel and not in our memory. A peer that only shuts down its writing side still gets its replies; from one that
/// closes, what arrived complete is not begun, but a call at work is finished and its reply dropped: a decision that was
/// made stays made.
public final class ServerConnectionHandler: ChannelDuplexHandler {
    /// What the socket brings.
    public typealias InboundIn = ByteBuffer
    /// Nothing behind this handler writes.
    public typealias OutboundIn = Never
    /// What the socket takes.
    public typealias OutboundOut = ByteBuffer

    private enum State {
        /// Between two calls, or within a message.
        case reading
        /// A call is being carried out.
        case working(oneway: Bool)
        /// Its final reply is on the way.
        case writing
        /// Nothing is read and nothing more is written.
        case closed
    }

    private let service: VarlinkService
    private let peer: Peer
    private let executor: (any TaskExecutor)?
    private let onClose: @Sendable (ConnectionEnd) -> Void

    private var context: ChannelHandlerContext?
    private var state = State.reading
    private var framer = Framer()
    private var armed: (deadline: ServerDeadline, timer: Scheduled<Void>)?
    /// Counts calls, so that a sink that outlives its call is recognised.
    private var calls: UInt64 = 0
    /// A task of ours has not come back yet.
    ///
    /// Outlives the connection.
    private var isAtWork = false
    /// What the call at work wants done if the connection closes meanwhile.
    private var hangUpActions: [@Sendable () -> Void] = []
    /// Replies that the socket has not taken yet.
    private var unsent = 0
    private var isReadHeld = false
    private var isInputClosed = false
    private var isStopping = false
    private var isInactive = false
    private var end: ConnectionEnd?
    private var isReported = false

    /// One connection's handler, for one channel.
    ///
    /// - Parameters:
    ///   - peer: From the socket, at accept.
    ///   - executor: Carries calls out; nil for the shared pool.
    ///   - onClose: Called once, on the event loop, when the connection is closed **and** its last call has ended: a peer
    ///     that starts costly calls and closes keeps its place until they are done.
    public init(
        service: VarlinkService,
        peer: Peer,
        executor: (any TaskExecutor)? = nil,
        onClose: @escaping @Sendable (ConnectionEnd) -> Void = { _ in }
    ) {
        self.service = service
        self.peer = peer
        self.executor = executor
        self.onClose = onClose
    }

    /// Prepares the channel, and starts the clock if it is open already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        do {
            // Half closure: socat and nc shut down their writing side before the reply comes.
            // One buffer a read: what comes in beyond a call that starts work is one buffer and not four.
            try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            try context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        } catch {
            self.close(.transportFailed)
        }
        if context.channel.isActive { self.arm(.firstByte) }
    }

    /// Lets go of the channel, and tells the end of one that closed before it was ever active.
    public func handlerRemoved(context: ChannelHandlerContext) {
        self.ended()
        self.context = nil
    }

    /// Starts the clock.
    public func channelActive(context: ChannelHandlerContext) {
        if self.armed == nil { self.arm(.firstByte) }
        context.fireChannelActive()
    }

    /// Moves the bytes into memory that is wiped, wipes NIO's, and begins a call if one is complete.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        if !self.isClosed { buffer.withUnsafeReadableBytes { self.framer.receive($0) } }
        buffer.wipeStorage()
        self.proceed()
    }

    /// Passes a read to the socket, but holds it back where a call is at work and something has come behind it.
    ///
    /// Holding back each read until the call is done would be two calls of the kernel more for everybody who does not
    /// pipeline.
    public func read(context: ChannelHandlerContext) {
        switch self.state {
        case .reading: context.read()
        case .working, .writing:
            if self.framer.isEmpty { context.read() } else { self.isReadHeld = true }
        case .closed: break
        }
    }

    /// Learns that the peer sends nothing more, or that the server wants to stop.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            self.isInputClosed = true
            self.proceed()
        case is ChannelShouldQuiesceEvent:
            self.isStopping = true
            self.proceed()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes: after a failed read the stream's place is unknown.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(.transportFailed)
    }

    /// Drops what waits.
    ///
    /// A call at work goes on.
    public func channelInactive(context: ChannelHandlerContext) {
        self.ended()
        context.fireChannelInactive()
    }
}

// MARK: - One call at a time

extension ServerConnectionHandler {
    /// Begins the next complete call, or waits for one, or closes where none can come.
    private func proceed() {
        guard case .reading = self.state else { return }
        if self.isStopping { return self.close(.stopping) }
        do throws(CallError) {
            if let call = try self.nextCall() { return self.begin(call) }
        } catch {
            return self.close(.refused(error))
        }
        if self.isInputClosed { return self.close(.peerClosed) }
        if self.framer.isEmpty {
            if self.armed == nil { self.arm(.idle) }
        } else if self.armed?.deadline != .message {
            self.arm(.message)
        }
        if self.isReadHeld {
            self.isReadHeld = false
            self.context?.read()
        }
    }

    private func nextCall() throws(CallError) -> Call? {
        let frame: Frame?
        do throws(FramingError) {
            frame = try self.framer.next()
        } catch {
            throw .framing(error)
        }
        guard let frame else { return nil }
        return try Call.decode(frame)
    }

    /// Carries a call out in a task of its own, which nobody cancels.
    ///
    /// The task alone holds the call: its frame is wiped when the service has let go of it.
    private func begin(_ call: Call) {
        guard let eventLoop = self.context?.eventLoop else { return }
        self.disarm()
        self.state = .working(oneway: call.oneway)
        self.isAtWork = true
        self.calls += 1
        let number = self.calls
        let more = call.more
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        let watch = { @Sendable (action: @escaping @Sendable () -> Void) in
            eventLoop.execute { handler.value.onHangUp(ofCall: number, action) }
        }
        let sink = ReplySink(watch: watch) { reply throws(ReplySinkError) in
            guard more else { throw .moreNotAsked }
            let frame = Frame()
            reply.encode(continues: true, into: frame)
            let sent = await withCheckedContinuation { continuation in
                eventLoop.execute { handler.value.stream(frame, ofCall: number, continuation) }
            }
            try sent.get()
        }
        Task(executorPreference: self.executor) { [service = self.service, peer = self.peer] in
            let reply = await service.answer(call, from: peer, replies: sink)
            let frame = Frame()
            if !call.oneway { reply.encode(continues: false, into: frame) }
            eventLoop.execute { handler.value.finish(frame) }
        }
    }

    /// Sends the final reply, or drops it where nobody waits for it, and goes on to the next call.
    private func finish(_ reply: Frame) {
        self.isAtWork = false
        self.hangUpActions = []
        guard case .working(let oneway) = self.state else { return self.report() }
        if oneway {
            self.state = .reading
            return self.proceed()
        }
        self.state = .writing
        self.send(reply) { sent in
            guard sent, case .writing = self.state else { return }
            self.state = .reading
            self.proceed()
        }
    }

    /// Keeps what is to be done when the connection closes while that call is at work.
    private func onHangUp(ofCall number: UInt64, _ action: @escaping @Sendable () -> Void) {
        guard number == self.calls, self.isAtWork else { return }
        guard !self.isClosed else { return action() }
        self.hangUpActions.append(action)
    }

    /// Sends a reply ahead of the final one.
    private func stream(
        _ reply: Frame,
        ofCall number: UInt64,
        _ continuation: CheckedContinuation<Result<Void, ReplySinkError>, Never>
    ) {
        switch self.state {
        case .working where number == self.calls:
            self.send(reply) { continuation.resume(returning: $0 ? .success(()) : .failure(.connectionClosed)) }
        case .closed:
            continuation.resume(returning: .failure(.connectionClosed))
        case .reading, .working, .writing:
            continuation.resume(returning: .failure(.callEnded))
        }
    }

    /// Writes one message; the peer must take it, or room for it, within `Limits.writeTime`.
    private func send(_ message: Frame, _ done: @escaping (_ sent: Bool) -> Void) {
        guard let context = self.context else { return done(false) }
        self.unsent += 1
        context.writeMessage(message).assumeIsolated().whenComplete { result in
            self.unsent -= 1
            self.disarm()
            switch result {
            case .success:
                if self.unsent > 0 { self.arm(.write) }
                done(true)
            case .failure:
                self.close(.transportFailed)
                done(false)
            }
        }
        // Mostly the socket has taken it by now.
        if self.unsent > 0, self.armed == nil { self.arm(.write) }
    }
}

// MARK: - Deadlines and the end

extension ServerConnectionHandler {
    private func arm(_ deadline: ServerDeadline) {
        self.disarm()
        guard let context = self.context, !self.isClosed else { return }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline.time) { [weak self] in
            guard let self else { return }
            self.armed = nil
            self.close(deadline.end)
        }
        self.armed = (deadline, timer)
    }

    private func disarm() {
        self.armed?.timer.cancel()
        self.armed = nil
    }

    private var isClosed: Bool {
        switch self.state {
        case .closed: true
        case .reading, .working, .writing: false
        }
    }

    /// Ends the connection, without a reply and without reading on.
    ///
    /// The first reason stands.
    private func close(_ reason: ConnectionEnd) {
        guard !self.isClosed else { return }
        self.state = .closed
        self.end = reason
        self.disarm()
        self.framer.discard()
        self.context?.close(promise: nil)
        let actions = self.hangUpActions
        self.hangUpActions = []
        for action in actions { action() }
    }

    /// Notes that the channel is gone, for whatever reason.
    private func ended() {
        self.close(.peerClosed)
        self.isInactive = true
        self.report()
    }

    /// Tells that the connection has ended, once nothing of it is at work.
    private func report() {
        guard self.isInactive, !self.isAtWork, !self.isReported else { return }
        self.isReported = true
        self.onClose(self.end ?? .peerClosed)
    }
}
