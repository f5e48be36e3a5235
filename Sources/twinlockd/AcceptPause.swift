import Logging
import NIOCore

/// Stops accepting for a moment where the machine has no descriptor or no memory left for a connection; who waits to be
/// accepted waits in the kernel.
///
/// Without it the event loop tries again at once and does little else. NIO's own `AcceptBackoffHandler` holds back only
/// the next read of a channel, and the one that has just failed still stands.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let length = TimeAmount.milliseconds(100)

    private let logger: Logger
    private var failure = RareLine()

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        if self.failure.isDue(at: .now()) {
            self.logger.error("cannot accept connections: \(reason(ofErrno: error.errnoCode))")
        }
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) {
            // One that has been closed meanwhile takes no option.
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
