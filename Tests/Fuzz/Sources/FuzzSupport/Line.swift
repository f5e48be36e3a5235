package import NIOCore
package import NIOEmbedded

/// A connection without a socket, on a clock that stands still, with a handler of ours at its end.
///
/// What arrives waits where the kernel would have it until the handler lets a read through.
package final class Line {
    private enum Arrival {
        case bytes([UInt8])
        case end
    }

    package let channel = EmbeddedChannel()
    package let wire = Wire()
    /// What was read.
    package private(set) var received: [UInt8] = []
    /// Told before a read brings bytes.
    package var onArrival: () -> Void = {}
    /// Whether what arrives from now on comes a byte a read.
    package var isBytewise = false
    /// The other end sends nothing more.
    package private(set) var isEnded = false
    private var waiting: [Arrival] = []

    package init() {
        do {
            try self.channel.pipeline.syncOperations.addHandler(self.wire)
        } catch {
            fatalError("no channel: \(error)")
        }
    }

    package func connect() {
        do {
            try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        } catch {
            fatalError("no connection: \(error)")
        }
        self.channel.read()
    }

    /// Brings bytes to this end.
    package func arrive(_ bytes: [UInt8]) {
        guard !self.isEnded else { return }
        if self.isBytewise {
            self.waiting += bytes.map { .bytes([$0]) }
        } else {
            self.waiting.append(.bytes(bytes))
        }
    }

    /// Brings 16 KiB of white space to this end, in one read.
    package func arriveSpaces() {
        guard !self.isEnded else { return }
        self.waiting.append(.bytes(Array(repeating: 0x20, count: 16_384)))
    }

    /// The other end shuts down its writing side.
    package func end() {
        if !self.isEnded { self.waiting.append(.end) }
        self.isEnded = true
    }

    package func failRead() {
        self.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
    }

    package func pass(_ time: TimeAmount) {
        self.channel.embeddedEventLoop.advanceTime(by: time)
    }

    /// Runs everything that can run now, and brings what has arrived as far as it is read.
    ///
    /// - Parameter isIdle: Asked at last whether nothing is at work, so that everything must have been read.
    package func settle(isIdle: () -> Bool) {
        Jobs.run(on: self.channel.embeddedEventLoop)
        while self.wire.isReadPending, self.channel.isActive, !self.waiting.isEmpty {
            self.wire.isReadPending = false
            self.bring(self.waiting.removeFirst())
            self.channel.read()
            Jobs.run(on: self.channel.embeddedEventLoop)
        }
        claim(
            self.waiting.isEmpty || self.wire.isStuck || !self.channel.isActive || !isIdle(),
            "nothing is at work, and yet nothing is read"
        )
    }

    private func bring(_ arrival: Arrival) {
        switch arrival {
        case .bytes(let bytes):
            self.onArrival()
            let buffer = ByteBuffer(bytes: bytes)
            self.received += bytes
            do {
                try self.channel.writeInbound(buffer)
            } catch {
                fatalError("an error passes the handler: \(error)")
            }
            claim(buffer.readableBytesView.allSatisfy { $0 == 0 }, "what was read is left in the buffer")
        case .end:
            self.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    /// Closes this end, and lets go of everything.
    package func close() {
        self.channel.close(promise: nil)
        Jobs.run(on: self.channel.embeddedEventLoop)
        claim(self.wire.isWiped, "what was sent is left in the buffer")
        _ = try? self.channel.finish(acceptAlreadyClosed: true)
    }
}
