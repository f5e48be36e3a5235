import NIOCore

/// The client's side of one connection: calls go out one at a time, each waits for its reply.
///
/// Bytes are copied into wiped memory and NIO's copy is wiped, as on the server's side. Nothing is ever sent twice.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Waiter = CheckedContinuation<Result<ReceivedReply, ClientError>, Never>

    private struct Waiting {
        let number: UInt64
        let message: Frame
        let waiter: Waiter
        let timer: Scheduled<Void>
    }

    private var context: ChannelHandlerContext?
    private var framer = Framer()
    /// The call whose reply is awaited.
    private var current: Waiting?
    /// Calls not sent yet, in their order.
    private var queue: [Waiting] = []
    private var calls: UInt64 = 0
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
    /// - Parameter deadline: From now on, the wait for other calls included.
    func submit(_ message: Frame, deadline: TimeAmount, _ waiter: Waiter) {
        if let ended = self.ended { return waiter.resume(returning: .failure(ended)) }
        guard let context = self.context, context.channel.isActive else {
            return waiter.resume(returning: .failure(.connectionClosed))
        }
        self.calls += 1
        let number = self.calls
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) { self.expire(number) }
        self.queue.append(Waiting(number: number, message: message, waiter: waiter, timer: timer))
        self.sendNext()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        if self.ended == nil { buffer.withUnsafeReadableBytes { self.framer.receive($0) } }
        buffer.wipeStorage()
        guard self.ended == nil else { return }
        do throws(ReplyError) {
            try self.takeReply()
        } catch {
            self.end(.invalidReply(error))
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
        context.writeMessage(next.message).assumeIsolated().whenFailure { self.end(Self.clientError($0)) }
    }

    private func takeReply() throws(ReplyError) {
        let frame: Frame?
        do throws(FramingError) {
            frame = try self.framer.next()
        } catch {
            throw .framing(error)
        }
        guard let current = self.current else { throw .unasked }
        guard let frame else { return }
        let reply = try ReceivedReply.decode(frame, more: false)
        // Bytes behind the one reply that was asked for: whoever sends them does not speak this protocol.
        guard self.framer.isEmpty else { throw .unasked }
        self.current = nil
        current.timer.cancel()
        current.waiter.resume(returning: .success(reply))
        self.sendNext()
    }

    private func expire(_ number: UInt64) {
        if self.current?.number == number { return self.end(.timedOut) }
        guard let index = self.queue.firstIndex(where: { $0.number == number }) else { return }
        self.queue.remove(at: index).waiter.resume(returning: .failure(.timedOut))
    }

    /// Fails every call, those not sent with the closed connection, and closes it.
    ///
    /// The first reason stands.
    private func end(_ error: ClientError) {
        guard self.ended == nil else { return }
        self.ended = error == .timedOut ? .connectionClosed : error
        self.framer.discard()
        self.current?.timer.cancel()
        self.current?.waiter.resume(returning: .failure(error))
        self.current = nil
        for waiting in self.queue {
            waiting.timer.cancel()
            waiting.waiter.resume(returning: .failure(.connectionClosed))
        }
        self.queue = []
        self.context?.close(promise: nil)
    }

    private static func clientError(_ error: any Error) -> ClientError {
        guard let error = error as? IOError else { return .connectionClosed }
        return .connectionFailed(errno: error.errnoCode)
    }
}
