import ArgumentParser
import CTwinlockLinux
import Glibc
import TwinlockTerminal

/// Where the program begins and ends: a command line in, an exit status out.
@main
enum Program {
    /// Signals first: they are blocked before there is another thread.
    ///
    /// And no core file: it would hold the password.
    static func main() {
        Signals.install()
        tl_harden(0)
        tl_silence_dispatch()
        exit(self.run().rawValue)
    }

    private static func run() -> Outcome {
        do {
            var command = try TwinlockCommand.parseAsRoot()
            try command.run()
            return .done
        } catch let failure as Failure {
            failure.report()
            return failure.status
        } catch {
            return self.report(parserError: error)
        }
    }

    /// What the argument parser throws: help and version go to standard output, the rest is a mistake in the command line.
    private static func report(parserError error: any Error) -> Outcome {
        if TwinlockCommand.exitCode(for: error).isSuccess {
            let text = TwinlockCommand.fullMessage(for: error) + "\n"
            return Output.write(text, to: Output.standard) ? .done : .notNow
        }
        let message = TwinlockCommand.message(for: error)
        // The parser writes sentences; ours go on after a colon.
        Failure(.usage, message.prefix(1).lowercased() + message.dropFirst(), hint: "see `twinlock --help`").report()
        return .usage
    }
}
