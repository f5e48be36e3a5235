/// Why a stream of bytes is no series of messages.
public enum FramingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More bytes than `Limits.messageBytes` came without a NUL.
    case messageTooLong
    /// A NUL came with nothing before it.
    case emptyMessage

    /// What the peer did, in words for a log.
    public var description: String {
        switch self {
        case .messageTooLong: "message is longer than \(Limits.messageBytes) bytes"
        case .emptyMessage: "message is empty"
        }
    }
}

/// Cuts a stream of bytes into messages: JSON text, each ended by one NUL.
///
/// Pure: bytes in, frames out, no channel. Bytes that came early are kept as they came and cut one message at a time, so
/// that a flood of tiny messages costs its bytes and no more. What breaks a rule is never stored; the error is
/// told after the whole messages before it were handed out, and from then on nothing is taken.
///
/// Not a `NIOSingleStepByteToMessageDecoder`: NIO drives those over a cumulation buffer of its own, which copies, moves
/// and reallocates what it holds and wipes none of it.
struct Framer {
    /// Bytes of one message, the NUL not counted.
    private let maximumBytes: Int
    /// Bytes taken and not handed out, complete messages with their NUL first.
    ///
    /// None while nothing is waiting.
    private(set) var backlog: Frame?
    /// Bytes of `backlog` already handed out.
    private var cut = 0
    /// Messages in `backlog` that have their NUL.
    private var complete = 0
    /// Bytes in `backlog` behind the last NUL.
    private var unfinished = 0
    /// What ended the stream.
    ///
    /// Nothing is stored after it.
    private var refusal: FramingError?

    init(maximumBytes: Int = Limits.messageBytes) {
        self.maximumBytes = maximumBytes
    }

    /// No byte is waiting, and no error.
    var isEmpty: Bool {
        self.complete == 0 && self.unfinished == 0 && self.refusal == nil
    }

    /// Bytes held now.
    var heldBytes: Int { self.backlog.map { $0.count - self.cut } ?? 0 }

    /// Takes what a read brought, up to the first byte that breaks a rule.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard self.refusal == nil else { return }
        var accepted = 0
        while accepted < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[accepted...])
            let end = rest.firstIndex(of: 0)
            let length = self.unfinished + (end ?? rest.count)
            if length > self.maximumBytes {
                self.refusal = .messageTooLong
                break
            }
            guard let end else {
                self.unfinished = length
                accepted = bytes.count
                break
            }
            if length == 0 {
                self.refusal = .emptyMessage
                break
            }
            accepted += end + 1
            self.complete += 1
            self.unfinished = 0
        }
        self.store(UnsafeRawBufferPointer(rebasing: bytes[..<accepted]))
    }

    /// The next whole message, or nothing while it has not ended.
    mutating func next() throws(FramingError) -> Frame? {
        guard self.complete > 0, let backlog = self.backlog else {
            if let refusal = self.refusal { throw refusal }
            self.dropCut()
            return nil
        }
        let message = backlog.withUnsafeMutableBytes { bytes in
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[self.cut...])
            guard let end = rest.firstIndex(of: 0) else {
                preconditionFailure("a message counted as complete has no NUL")
            }
            let found = UnsafeMutableRawBufferPointer(rebasing: rest[..<end])
            let message = Frame(capacity: end)
            message.append(UnsafeRawBufferPointer(found))
            // At once: other messages may keep the backlog for as long as this one's call is at work.
            wipe(found)
            return message
        }
        self.cut += message.count + 1
        self.complete -= 1
        if self.complete == 0 { self.dropCut() }
        return message
    }

    /// Overwrites and forgets everything that is waiting.
    mutating func discard() {
        self.backlog = nil
        self.cut = 0
        self.complete = 0
        self.unfinished = 0
    }

    private mutating func store(_ accepted: UnsafeRawBufferPointer) {
        guard accepted.count > 0 else { return }
        let backlog = self.backlog ?? Frame(capacity: accepted.count)
        backlog.append(accepted)
        self.backlog = backlog
    }

    /// Gives back the room of what was handed out.
    ///
    /// Done when no whole message is left, so that the bytes move once a read at most.
    private mutating func dropCut() {
        if self.unfinished == 0 {
            self.backlog = nil
        } else if self.cut > 0 {
            self.backlog?.removeFirst(self.cut)
        }
        self.cut = 0
    }
}
