import Glibc

/// A program of this host that the doctor asks.
enum DoctorProgram {
    /// Milliseconds that it may take. It answers in some ten; one that hangs, on a name service say, is not waited for.
    private static let maximumTime: Int64 = 10_000
    /// More than it has to say.
    private static let maximumBytes = 1 << 20
    /// Milliseconds between two looks at one that has said all and not ended.
    private static let pause: Int32 = 10

    /// What came of it.
    enum Outcome {
        /// It exited with this status, after it had said this to standard output and standard error.
        case exited(status: Int32, said: String)
        /// A signal ended it, or it could not be started.
        case failed
        /// It was still there after the given time, and was killed.
        case hung
    }

    /// Runs it with nothing to read, and waits for its end.
    static func run(_ program: String, _ arguments: [String]) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .failed }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let pid = self.spawn(program, arguments, output: ends[1])
        close(ends[1])
        guard let pid else { return .failed }
        let end = self.now + self.maximumTime
        guard let said = self.text(from: ends[0], until: end), let status = self.status(of: pid, until: end) else {
            kill(pid, SIGKILL)
            // Not waited for: what hangs in the kernel does not end by a signal either.
            waitpid(pid, nil, WNOHANG)
            return .hung
        }
        return status & 0x7f == 0 ? .exited(status: (status >> 8) & 0xff, said: said) : .failed
    }

    /// All that is said until the other end is closed; nil if it is not by then.
    private static func text(from descriptor: Int32, until end: Int64) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < self.maximumBytes {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(max(0, end - self.now)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As wait(2) has it; nil if it has not ended by then.
    private static func status(of pid: pid_t, until end: Int64) -> Int32? {
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) != pid {
            guard self.now < end else { return nil }
            poll(nil, 0, self.pause)
        }
        return status
    }

    /// Milliseconds of a clock that nobody sets.
    private static var now: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Starts it with no environment but a path, and no signal blocked.
    private static func spawn(_ program: String, _ arguments: [String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = self.copies([program] + arguments)
        let environment = self.copies(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"])
        defer { (words + environment).forEach { free($0) } }
        var pid: pid_t = 0
        return posix_spawn(&pid, program, &actions, &attributes, words, environment) == 0 ? pid : nil
    }

    /// As C wants them, with nil at the end; the caller frees them.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text in strdup(text) } + [nil]
    }
}
