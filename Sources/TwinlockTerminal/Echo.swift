import Glibc
import Synchronization

/// The terminal's echo while a secret is typed: switched off, and back on again on every way out.
///
/// One terminal, one prompt at a time. Shared between the thread that reads and the one that waits for signals.
enum Echo {
    private struct Hidden {
        let descriptor: Int32
        let before: termios
        let prompt: String
    }

    private static let hidden = Mutex<Hidden?>(nil)

    /// Switches echo off, then writes the prompt.
    ///
    /// False if the descriptor is no terminal.
    ///
    /// In this order: what is typed as soon as the prompt shows is hidden already.
    static func hide(_ descriptor: Int32, prompt: String) -> Bool {
        self.hidden.withLock { hidden in
            var before = termios()
            guard tcgetattr(descriptor, &before) == 0 else { return false }
            guard self.switchOff(descriptor, before) else { return false }
            hidden = Hidden(descriptor: descriptor, before: before, prompt: prompt)
            return Output.write(prompt, to: descriptor)
        }
    }

    /// Switches echo on again, and ends the line that the terminal did not see end.
    ///
    /// Does nothing if it is on.
    static func show() {
        self.hidden.withLock { hidden in
            guard let now = hidden else { return }
            self.switchOn(now)
            hidden = nil
        }
    }

    /// Runs a function with echo on, then hides again and repeats the prompt: for a stop by Ctrl-Z.
    static func suspended(_ body: () -> Void) {
        self.hidden.withLock { hidden in
            if let now = hidden {
                self.switchOn(now)
            }
            body()
            if let now = hidden, self.switchOff(now.descriptor, now.before) {
                _ = Output.write(now.prompt, to: now.descriptor)
            }
        }
    }

    /// What was typed before the prompt is thrown away (TCSAFLUSH): it was not meant for it.
    private static func switchOff(_ descriptor: Int32, _ before: termios) -> Bool {
        var after = before
        after.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK | ECHONL)
        // A line is wanted whatever state a program before us left the terminal in.
        after.c_lflag |= tcflag_t(ICANON | ISIG)
        after.c_iflag |= tcflag_t(ICRNL)
        return tcsetattr(descriptor, TCSAFLUSH, &after) == 0
    }

    private static func switchOn(_ hidden: Hidden) {
        var before = hidden.before
        tcsetattr(hidden.descriptor, TCSANOW, &before)
        _ = Output.write("\n", to: hidden.descriptor)
    }
}
