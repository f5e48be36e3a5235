import NIOCore

extension ChannelHandlerContext {
    /// Writes one message and its NUL.
    ///
    /// The bytes pass through a `ByteBuffer`, because the socket takes nothing else. Its storage is wiped when the socket
    /// has taken them or never will.
    ///
    /// - Parameter frame: The message without its NUL, wiped when this returns.
    /// - Returns: Done when the socket has taken the message and its copy is wiped.
    func writeMessage(_ frame: Frame) -> EventLoopFuture<Void> {
        var buffer = self.channel.allocator.buffer(capacity: frame.count + 1)
        frame.withUnsafeBytes { _ = buffer.writeBytes($0) }
        buffer.writeInteger(UInt8(0))
        frame.wipe()
        let promise = self.eventLoop.makePromise(of: Void.self)
        let written = buffer
        let wiped = promise.futureResult.always { _ in written.wipeStorage() }
        self.writeAndFlush(NIOAny(buffer), promise: promise)
        return wiped
    }
}
