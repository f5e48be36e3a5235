import Glibc
public import TwinlockVarlink

/// Reads lines that are secrets from a descriptor.
///
/// A byte at a time: nothing after the line feed is taken, so that whoever reads the same pipe next finds its own line, and
/// no buffer holds secrets that were not asked for.
public final class LineReader {
    private let descriptor: Int32
    private let isOwned: Bool

    /// Reads from a descriptor that somebody else closes.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
        self.isOwned = false
    }

    /// Reads from a file.
    ///
    /// A FIFO blocks until somebody opens it for writing.
    public init(path: String) throws(InputError) {
        self.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        self.isOwned = true
        guard self.descriptor >= 0 else { throw .failed(errno: errno) }
    }

    deinit {
        if self.isOwned, self.descriptor >= 0 {
            close(self.descriptor)
        }
    }

    /// Whether it is a regular file that its group or others may read.
    public var isReadableByOthers: Bool {
        var status = stat()
        guard fstat(self.descriptor, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_mode & (S_IRGRP | S_IROTH) != 0
    }

    /// The next line without its line feed.
    ///
    /// The end of input ends a line that has begun.
    ///
    /// - Parameter limit: Most bytes in a line.
    public func next(limit: Int) throws(InputError) -> SecretText {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit + 1, alignment: 1)
        defer {
            if let start = buffer.baseAddress {
                explicit_bzero(start, buffer.count)
            }
            buffer.deallocate()
        }
        var count = 0
        while true {
            guard let address = buffer.baseAddress?.advanced(by: count) else { throw .tooLong(limit: limit) }
            let result = read(self.descriptor, address, 1)
            if result < 0 {
                let reason = errno
                if reason == EINTR { continue }
                throw .failed(errno: reason)
            }
            if result == 0 {
                guard count > 0 else { throw .endOfInput }
                break
            }
            if buffer[count] == UInt8(ascii: "\n") { break }
            count += 1
            guard count <= limit else { throw .tooLong(limit: limit) }
        }
        let line = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard Self.isText(line) else { throw .notText }
        return SecretText(copying: line)
    }

    /// Whether bytes are UTF-8 (RFC 3629) without U+0000.
    ///
    /// Looks at them in place: no `String` is made.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.contains(0) else { return false }
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid: continue
            case .emptyInput: return true
            case .error: return false
            }
        }
    }
}
