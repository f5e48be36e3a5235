import Glibc
public import TwinlockVarlink

/// Writing to descriptors, whole and unbuffered: no copy of a secret stays in a stream's buffer.
public enum Output {
    /// Standard output.
    public static let standard: Int32 = STDOUT_FILENO
    /// Standard error.
    public static let error: Int32 = STDERR_FILENO

    /// Writes text.
    ///
    /// False if the descriptor does not take all of it.
    @discardableResult
    public static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { self.write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    /// Writes what a frame holds.
    ///
    /// False if the descriptor does not take all of it.
    public static func write(_ frame: Frame, to descriptor: Int32) -> Bool {
        frame.withUnsafeBytes { self.write($0, to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, rest.count)
            if count < 0 {
                guard errno == EINTR else { return false }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}
