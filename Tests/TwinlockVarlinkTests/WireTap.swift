import NIOCore
import TwinlockOTP

/// Stands where the socket would: keeps a copy of what goes out, counts reads, and can refuse to take anything.
///
/// The copy is needed because the storage that was written is zero as soon as it is taken.
final class WireTap: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Seen {
        var bytes: [UInt8] = []
        var buffers: [ByteBuffer] = []
        var reads = 0
        var isStuck = false
        var held: [EventLoopPromise<Void>] = []
    }

    private let seen = Locked(Seen())

    /// Whole messages that went out, without their NUL.
    var messages: [String] {
        self.seen.withLock { seen in
            let parts = seen.bytes.split(separator: 0, omittingEmptySubsequences: false)
            return parts.dropLast().map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// What is left of each written buffer in its storage.
    var leftovers: [[UInt8]] {
        self.seen.withLock { $0.buffers.map { Array($0.readableBytesView) } }
    }

    var reads: Int { self.seen.withLock { $0.reads } }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = self.unwrapOutboundIn(data)
        let isStuck = self.seen.withLock { seen in
            seen.bytes += buffer.readableBytesView
            seen.buffers.append(buffer)
            if seen.isStuck, let promise { seen.held.append(promise) }
            return seen.isStuck
        }
        if !isStuck { promise?.succeed() }
    }

    func flush(context: ChannelHandlerContext) {}

    func read(context: ChannelHandlerContext) {
        self.seen.withLock { $0.reads += 1 }
        context.read()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let held = self.seen.withLock { seen in
            defer { seen.held = [] }
            return seen.held
        }
        context.close(mode: mode, promise: promise)
        for promise in held { promise.fail(ChannelError.ioOnClosedChannel) }
    }

    /// Takes nothing from now on.
    func stick() {
        self.seen.withLock { $0.isStuck = true }
    }

    /// Takes what was held back.
    func unstick() {
        let held = self.seen.withLock { seen in
            seen.isStuck = false
            defer { seen.held = [] }
            return seen.held
        }
        for promise in held { promise.succeed() }
    }
}
