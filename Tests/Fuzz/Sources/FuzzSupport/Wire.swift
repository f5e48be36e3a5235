package import NIOCore

/// Stands where the socket would: keeps what goes out, and takes nothing while it is stuck.
package final class Wire: ChannelOutboundHandler {
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Everything that went out.
    package private(set) var sent: [UInt8] = []
    /// A read has been asked for and nothing was brought yet.
    package var isReadPending = false
    /// Asked before a read is let through.
    package var onRead: () -> Void = {}
    /// Whether nothing is taken.
    package var isStuck = false {
        didSet {
            guard !self.isStuck else { return }
            let held = self.held
            self.held = []
            for promise in held { promise.succeed() }
        }
    }
    private var buffers: [ByteBuffer] = []
    private var held: [EventLoopPromise<Void>] = []

    package init() {}

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = self.unwrapOutboundIn(data)
        self.sent += buffer.readableBytesView
        self.buffers.append(buffer)
        guard let promise else { return }
        if self.isStuck {
            self.held.append(promise)
        } else {
            promise.succeed()
        }
    }

    package func flush(context: ChannelHandlerContext) {}

    package func read(context: ChannelHandlerContext) {
        self.onRead()
        self.isReadPending = true
        context.read()
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let held = self.held
        self.held = []
        context.close(mode: mode, promise: promise)
        for promise in held { promise.fail(ChannelError.ioOnClosedChannel) }
    }

    /// Whether every buffer that was written, and taken or refused, is zero now.
    package var isWiped: Bool {
        self.held.isEmpty && self.buffers.allSatisfy { $0.readableBytesView.allSatisfy { $0 == 0 } }
    }
}
