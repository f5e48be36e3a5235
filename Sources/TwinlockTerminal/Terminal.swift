import Glibc
public import TwinlockVarlink

/// The terminal that the program was started from, whatever its standard input and output are.
public final class Terminal {
    private let descriptor: Int32
    private let lines: LineReader

    /// Opens the controlling terminal; nil if there is none.
    public init?() {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        self.lines = LineReader(descriptor: descriptor)
    }

    deinit {
        close(self.descriptor)
    }

    /// Asks for a line that the terminal does not show.
    public func askHidden(_ prompt: String, limit: Int) throws(InputError) -> SecretText {
        guard Echo.hide(self.descriptor, prompt: prompt) else { throw .failed(errno: errno) }
        defer { Echo.show() }
        return try self.lines.next(limit: limit)
    }

    /// Asks for a line that the terminal shows as it is typed.
    public func ask(_ prompt: String, limit: Int) throws(InputError) -> SecretText {
        guard Output.write(prompt, to: self.descriptor) else { throw .failed(errno: errno) }
        do {
            return try self.lines.next(limit: limit)
        } catch {
            // No line feed was typed, and what is written next should not follow the prompt.
            self.say("\n")
            throw error
        }
    }

    /// Asks a question that only `y` or `yes` affirms, in either case.
    ///
    /// The end of input denies.
    public func confirm(_ question: String) throws(InputError) -> Bool {
        do {
            return try self.ask("\(question) [y/N] ", limit: 64).withUnsafeBytes { bytes in
                // ASCII letters differ from their capitals in this bit alone.
                let word = bytes.map { $0 | 0x20 }
                return word == Array("y".utf8) || word == Array("yes".utf8)
            }
        } catch .endOfInput {
            return false
        }
    }

    /// Throws away what was typed and not read yet: the rest of a paste is not for the shell.
    public func discardTyped() {
        tcflush(self.descriptor, TCIFLUSH)
    }

    /// Writes a text.
    public func say(_ text: String) {
        Output.write(text, to: self.descriptor)
    }

    /// Writes what a frame holds.
    public func say(_ frame: Frame) {
        _ = Output.write(frame, to: self.descriptor)
    }

    /// Columns and rows of characters.
    public struct Size: Hashable, Sendable {
        /// Characters across.
        public let columns: Int
        /// Characters down.
        public let rows: Int
    }

    /// How many characters a descriptor's terminal shows; nil if it is none.
    ///
    /// 80 by 24 if it does not say.
    public static func size(of descriptor: Int32) -> Size? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
