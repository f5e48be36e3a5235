import NIOCore

/// The client's side of one connection: calls go out one at a time, each waits for its replies.
///
/// Bytes are copied into wiped memory and NIO's copy is wiped, as on the server's side. Nothing is ever sent twice. While
/// a reply of a series waits to be fetched, nothing more is read: a server that sends faster than its client reads waits in
/// the kernel and not in our memory.
final class ClientConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer
    typealias Waiter = CheckedContinuation<Result<ReceivedReply, ClientError>, Never>

    /// What a call is answered with.
    enum Answers {
        /// Nothing: its waiter learns that it was sent, by an empty reply.
        case nothing
        case one
        /// Replies up to the first that does not announce another one.
        case series
    }

    /// A call that waits for its turn, or whose replies are awaited.
    private struct Exchange {
        let number: UInt64
        let answers: Answers
        let message: Frame
        /// Nil between two replies of a series.
        var waiter: Waiter?
        var timer: Scheduled<Void>?

        /// Tells who waits, and stops the clock.
        func finish(_ result: Result<ReceivedReply, ClientError>) {
            self.timer?.cancel()
            self.waiter?.resume(returning: result)
        }
    }

    private var context: ChannelHandlerContext?
    private var framer = Framer()
    /// The call that went out last, until its final reply is there.
    private var current: Exchange?
    /// Calls not sent yet, in their order.
    private var queue: [Exchange] = []
    private var isReadHeld = false
    /// Why nothing is sent any more.
    private var ended: ClientError?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(.connectionClosed)
        self.context = nil
    }

    /// Sends a call when those before it have their replies.
    ///
    /// - Parameters:
    ///   - number: Of the caller's choice, another one for each call.
    ///   - deadline: For the first reply, from now on, the wait for other calls included; nil waits for as long as it takes.
    func submit(_ number: UInt64, _ message: Frame, _ answers: Answers, deadline: TimeAmount?, _ waiter: Waiter) {
        if let ended = self.ended { return waiter.resume(returning: .failure(ended)) }
        guard let context = self.context, context.channel.isActive else {
            return waiter.resume(returning: .failure(.connectionClosed))
        }
        self.queue.append(
            Exchange(
                number: number,
                answers: answers,
                message: message,
                waiter: waiter,
                timer: self.timer(number, deadline, on: context)
            )
        )
        self.sendNext()
    }

    /// Waits for the next reply of a series, which has not ended.
    func awaitNext(_ number: UInt64, deadline: TimeAmount?, _ waiter: Waiter) {
        if let ended = self.ended { return waiter.resume(returning: .failure(ended)) }
        guard let context = self.context, self.current?.number == number, self.current?.waiter == nil else {
            preconditionFailure("only a series that goes on has a next reply, and one at a time")
        }
        self.current?.waiter = waiter
        self.current?.timer = self.timer(number, deadline, on: context)
        self.proceed()
        self.readAgain()
    }

    /// Gives a call up, one whose reply is awaited with the connection: the reply may still come.
    func giveUp(_ number: UInt64, _ reason: ClientError) {
        if self.current?.number == number { return self.end(reason) }
        guard let index = self.queue.firstIndex(where: { $0.number == number }) else { return }
        self.queue.remove(at: index).finish(.failure(reason))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        if self.ended == nil { buffer.withUnsafeReadableBytes { self.framer.receive($0) } }
        buffer.wipeStorage()
        self.proceed()
    }

    func read(context: ChannelHandlerContext) {
        if let current = self.current, current.waiter == nil {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(Self.clientError(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.connectionClosed)
        context.fireChannelInactive()
    }

    private func sendNext() {
        guard self.current == nil, self.ended == nil, !self.queue.isEmpty, let context = self.context else { return }
        let next = self.queue.removeFirst()
        self.current = next
        context.writeMessage(next.message).assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.sent(next)
            case .failure(let error): self.end(Self.clientError(error))
            }
        }
    }

    /// Goes on after a call that nothing will answer.
    private func sent(_ exchange: Exchange) {
        guard self.ended == nil, case .nothing = exchange.answers else { return }
        self.current = nil
        exchange.finish(.success(ReceivedReply()))
        self.sendNext()
        self.readAgain()
    }

    /// Reads on where that was held back and is not any more.
    private func readAgain() {
        guard self.isReadHeld, self.ended == nil, self.current == nil || self.current?.waiter != nil else { return }
        self.isReadHeld = false
        self.context?.read()
    }

    private func proceed() {
        guard self.ended == nil else { return }
        do throws(ReplyError) {
            try self.takeReply()
        } catch {
            self.end(.invalidReply(error))
        }
    }

    private func takeReply() throws(ReplyError) {
        guard let current = self.current else {
            guard self.framer.isEmpty else { throw .unasked }
            return
        }
        if case .nothing = current.answers {
            guard self.framer.isEmpty else { throw .unasked }
            return
        }
        guard current.waiter != nil, let frame = try self.nextFrame() else { return }
        let reply = try ReceivedReply.decode(frame, more: current.answers == .series)
        if reply.continues {
            self.current?.waiter = nil
            self.current?.timer = nil
            return current.finish(.success(reply))
        }
        // Bytes behind the last reply that was asked for: whoever sends them does not speak this protocol.
        guard self.framer.isEmpty else { throw .unasked }
        self.current = nil
        current.finish(.success(reply))
        self.sendNext()
        self.readAgain()
    }

    private func nextFrame() throws(ReplyError) -> Frame? {
        do throws(FramingError) {
            return try self.framer.next()
        } catch {
            throw .framing(error)
        }
    }

    private func timer(
        _ number: UInt64,
        _ deadline: TimeAmount?,
        on context: ChannelHandlerContext
    ) -> Scheduled<Void>? {
        guard let deadline else { return nil }
        return context.eventLoop.assumeIsolated().scheduleTask(in: deadline) { self.giveUp(number, .timedOut) }
    }

    /// Fails every call, those not sent with the closed connection, and closes it.
    ///
    /// The first reason stands.
    private func end(_ error: ClientError) {
        guard self.ended == nil else { return }
        switch error {
        case .timedOut, .cancelled: self.ended = .connectionClosed
        case .callTooLong, .connectionClosed, .connectionFailed, .invalidReply: self.ended = error
        }
        self.framer.discard()
        self.current?.finish(.failure(error))
        self.current = nil
        for waiting in self.queue {
            waiting.finish(.failure(.connectionClosed))
        }
        self.queue = []
        self.context?.close(promise: nil)
    }

    private static func clientError(_ error: any Error) -> ClientError {
        guard let error = error as? IOError else { return .connectionClosed }
        return .connectionFailed(errno: error.errnoCode)
    }
}
