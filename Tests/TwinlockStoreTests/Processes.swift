import Dispatch
import Glibc

/// Ends this process as `kill -9` does: nothing is flushed, closed or told.
func killThisProcess() -> Never {
    kill(getpid(), SIGKILL)
    preconditionFailure("SIGKILL did not kill")
}

/// Lets the kernel kill this process after so many microseconds, wherever it then is.
func killThisProcess(afterMicroseconds microseconds: Int) {
    var event = sigevent()
    event.sigev_notify = Int32(SIGEV_SIGNAL)
    event.sigev_signo = SIGKILL
    var timer: timer_t?
    var time = itimerspec()
    time.it_value.tv_sec = microseconds / 1_000_000
    time.it_value.tv_nsec = microseconds % 1_000_000 * 1000 + 1
    let isSet = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &time, nil) == 0
    precondition(isSet, "cannot set a timer: error \(errno)")
}

/// Runs a command line by the shell.
///
/// - Returns: Its exit status; -1 if it did not exit.
func run(_ command: String) -> Int32 {
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup(command), nil]
    defer { arguments.forEach { free($0) } }
    var pid: pid_t = 0
    var status: Int32 = 0
    guard posix_spawn(&pid, "/bin/sh", nil, nil, arguments, environ) == 0, waitpid(pid, &status, 0) == pid,
        status & 0x7f == 0
    else {
        return -1
    }
    return status >> 8 & 0xff
}

/// Makes this thread's file accesses, and no other's, those of that user; setfsuid(2), which Swift's Glibc hides.
func setFileSystemUser(_ uid: uid_t) {
    guard let symbol = dlsym(nil, "setfsuid") else {
        preconditionFailure("the C library has no setfsuid")
    }
    typealias Function = @convention(c) (uid_t) -> Int32
    _ = unsafeBitCast(symbol, to: Function.self)(uid)
}

/// Waits until somebody has written to a pipe, at most five minutes.
///
/// On a thread of its own: whoever is to write may need one of those that tasks share.
func hasByte(_ pipe: String) async -> Bool {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "a wait for a byte").async { continuation.resume(returning: waitsForByte(pipe)) }
    }
}

private func waitsForByte(_ pipe: String) -> Bool {
    // Open for writing too, so that the opening does not wait and no writer's end is an end of file.
    let descriptor = open(pipe, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&wanted, 1, 300_000) == 1
}
