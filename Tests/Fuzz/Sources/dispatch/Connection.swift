import FuzzSupport
import NIOCore
import NIOEmbedded

@testable import TwinlockVarlink

/// One connection to a service, from accept to its end, as a script has it.
///
/// The acts: `b` what comes now arrives a byte a read, `p` 16 KiB of white space arrive, `g` a call that waits goes on, `s`
/// the peer stops taking replies, or takes them again, `h` it shuts down its writing side, `c` it closes, `e` a read
/// fails, `q` the server wants to stop, `t`, `T` and `I` 1, 10 and 60 seconds pass. Any other begins another read.
final class Connection {
    private let script: Script
    private let service = Service()
    private let line = Line()
    private let ends = Ends()
    /// Something happened after which not every whole call need be carried out.
    private var isDisturbed = false

    init(_ input: UnsafeRawBufferPointer) {
        self.script = Script(input)
        let ends = self.ends
        let service = self.service
        // The call during which something was read ahead, as the number of those begun by then.
        var readAhead = 0
        self.line.onArrival = {
            guard service.atWork > 0 else { return }
            claim(readAhead < service.begun.count, "more than one buffer is read ahead of a call at work")
            readAhead = service.begun.count
        }
        do {
            let handler = ServerConnectionHandler(service: service.varlinkService, peer: Service.peer) { ends.add($0) }
            try self.line.channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            fatalError("no handler: \(error)")
        }
        self.line.connect()
    }

    func run() {
        for step in self.script.steps {
            switch step {
            case .bytes(let bytes): self.line.arrive(bytes)
            case .act(let act): self.act(act)
            }
            self.settle()
        }
        self.finish()
    }

    private func act(_ act: Unicode.Scalar) {
        switch act {
        case "b": self.line.isBytewise = true
        case "p": self.line.arriveSpaces()
        case "g": self.service.letOnePass()
        case "s": self.line.wire.isStuck.toggle()
        case "h": self.line.end()
        case "c": self.disturb { self.line.channel.close(promise: nil) }
        case "e": self.disturb { self.line.failRead() }
        case "q":
            self.disturb { self.line.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        case "t": self.disturb { self.line.pass(.seconds(1)) }
        case "T": self.disturb { self.line.pass(.seconds(10)) }
        case "I": self.disturb { self.line.pass(.seconds(60)) }
        default: self.line.isBytewise = false
        }
    }

    private func disturb(_ happen: () -> Void) {
        self.isDisturbed = true
        happen()
    }

    private func settle() {
        self.line.settle { self.service.atWork == 0 }
        claim(self.ends.all.count <= 1, "the end is told twice")
        claim(self.ends.all.isEmpty || self.service.atWork == 0, "the end is told while a call is at work")
        claim(self.ends.all.isEmpty || !self.line.channel.isActive, "the end is told before it")
    }

    /// Lets everything come to its end, and looks at what came of it.
    private func finish() {
        self.line.wire.isStuck = false
        self.settle()
        while self.service.letOnePass() { self.settle() }
        let outcome = Outcome(
            received: self.line.received,
            sent: self.line.wire.sent,
            begun: self.service.begun,
            isOpen: self.line.channel.isActive,
            isInputClosed: self.line.isEnded
        )
        outcome.check(isWhole: !self.isDisturbed)
        self.line.close()
        claim(self.service.atWork == 0, "a call is at work for ever")
        claim(self.ends.all.count == 1, "the end is told \(self.ends.all.count) times")
    }
}

/// The ends that a connection told.
///
/// Everything here is on one thread.
private final class Ends: @unchecked Sendable {
    private(set) var all: [ConnectionEnd] = []

    func add(_ end: ConnectionEnd) {
        self.all.append(end)
    }
}
