import FuzzSupport
import NIOCore
import NIOEmbedded
import TwinlockInterface

@testable import TwinlockVarlink

/// One client's connection to a server that says what a script has it say.
///
/// The acts: `n`, `o` and `m` a call is made that wants one reply, none or many, `f` the next reply of a series is fetched,
/// `k` the oldest call is cancelled, `b` what comes now arrives a byte a read, `p` 16 KiB of white space arrive, `s` the
/// server stops reading, or reads again, `c` it closes, `e` a read fails, `t` and `T` 1 and 10 seconds pass. Any
/// other begins another read. A script that begins with anything but a call has one reply called for at once.
final class Connection {
    private let script: Script
    private let line = Line()
    private let callers: Callers

    init(_ input: UnsafeRawBufferPointer) {
        self.script = Script(input)
        self.line.connect()
        let attached = VarlinkClient.attach(to: self.line.channel)
        self.line.channel.embeddedEventLoop.run()
        do {
            self.callers = Callers(try attached.wait())
        } catch {
            fatalError("no client: \(error)")
        }
        self.line.wire.onRead = { [line, callers] in
            claim(!Self.isReplyWaiting(line, callers), "a read passes while a series stands")
        }
    }

    /// Whether the reply that was heard last announced another one, and that is not fetched yet.
    private static func isReplyWaiting(_ line: Line, _ callers: Callers) -> Bool {
        guard line.channel.isActive, let last = callers.answers.last, callers.standing.contains(last.call) else {
            return false
        }
        let heard = PlainMessages(line.received).messages[callers.answers.count - 1]
        return PlainReply(heard, more: true)?.continues == true
    }

    func run() {
        switch self.script.steps.first {
        case .act("n"), .act("o"), .act("m"): break
        case .act, .bytes, nil: self.callers.begin(.one)
        }
        self.settle()
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
        case "n": self.callers.begin(.one)
        case "o": self.callers.begin(.oneway)
        case "m": self.callers.begin(.series)
        case "f": self.callers.letOneFetch()
        case "k": self.callers.cancelOne()
        case "b": self.line.isBytewise = true
        case "p": self.line.arriveSpaces()
        case "s": self.line.wire.isStuck.toggle()
        case "c": self.line.channel.close(promise: nil)
        case "e": self.line.failRead()
        case "t": self.line.pass(.seconds(1))
        case "T": self.line.pass(.seconds(10))
        default: self.line.isBytewise = false
        }
    }

    private func settle(isIdle: Bool = false) {
        self.line.settle { isIdle }
    }

    /// Lets every call come to its end, and looks at what came of them.
    private func finish() {
        self.line.wire.isStuck = false
        self.callers.letAllFetch()
        self.settle(isIdle: true)
        self.checkAnswers()
        self.checkFailures()
        self.line.close()
        claim(self.callers.ends.count == self.callers.kinds.count, "a call has no end")
        self.checkCalls()
        self.line.wire.onRead = {}
    }

    /// The answers are the replies that came, in order, each of the call that was the next to be answered.
    private func checkAnswers() {
        let messages = PlainMessages(self.line.received)
        var calls = self.sentCalls().filter { self.callers.kinds[$0] != .oneway }[...]
        var replies = messages.messages[...]
        for (number, answer) in self.callers.answers {
            guard let call = calls.first, let message = replies.popFirst(),
                let reply = PlainReply(message, more: self.callers.kinds[number] == .series)
            else { fatalError("an answer from nowhere") }
            claim(call == number, "an answer to another call")
            if !reply.continues { calls.removeFirst() }
            switch answer {
            case .success(let parameters):
                claim(reply.error == nil && parameters.isSame(as: reply.parameters), "another answer")
                for method in KnownMethod.all { method.readResult(parameters) }
            case .error(let name, let parameters):
                claim(reply.error == name && parameters.isSame(as: reply.parameters), "another error")
                Self.readError(name, parameters)
            }
        }
        guard self.line.channel.isActive else { return }
        claim(replies.isEmpty, "a reply was not heard, and yet the connection is open")
        claim(messages.end == .none || messages.end == .unfinished, "open after what is no message")
        claim(messages.end == .none || !calls.isEmpty, "open after bytes that nobody asked for")
    }

    /// A call that failed and was sent takes the connection with it.
    private func checkFailures() {
        for end in self.callers.ends.values {
            guard case .failed(let error) = end else { continue }
            switch error {
            case .timedOut: break
            case .cancelled: claim(self.callers.isAnyCancelled, "cancelled by nobody")
            case .callTooLong: fatalError("a short call was too long")
            case .connectionClosed, .connectionFailed, .invalidReply:
                claim(!self.line.channel.isActive, "open after \(error)")
            }
        }
    }

    /// What was sent are the calls in their order, each once at most and as it was made.
    private func checkCalls() {
        let sent = self.sentCalls()
        claim(sent == Array(Set(sent)).sorted(), "a call was sent twice, or out of its turn")
        for (number, end) in self.callers.ends {
            guard case .answered = end else { continue }
            claim(sent.contains(number), "a call that was not sent is answered")
        }
    }

    private func sentCalls() -> [Int] {
        let messages = PlainMessages(self.line.wire.sent)
        claim(messages.end == .none, "a call is not whole")
        return messages.messages.map { message in
            guard let call = PlainCall(message), case .integer(let sent)? = call.parameters?["n"] else {
                fatalError("what was sent is no call")
            }
            let number = Int(sent)
            let kind = self.callers.kinds[number]
            claim(
                call.method == "a.b.C\(number)" && call.oneway == (kind == .oneway) && call.more == (kind == .series),
                "another call"
            )
            return number
        }
    }

    private static func readError(_ name: String, _ parameters: JSONValue?) {
        guard let error = NamedError(name: name, parameters: parameters) else { return }
        let interface = name.split(separator: ".").dropLast().joined(separator: ".")
        claim(error.reply(from: interface).errorName == name, "another error when it is sent again")
    }
}
