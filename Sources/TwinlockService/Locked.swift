import Synchronization

/// A value behind a lock, for asynchronous functions too.
///
/// Never inlined: where the optimiser puts `Mutex.withLock` into an asynchronous function it keeps the number of the thread
/// across a suspension, and the lock is taken in the name of a thread that has gone on to something else. Seen with Swift
/// 6.3.1 in release builds, as "unlock Mutex on a thread which hasn't acquired the lock".
struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>

    init(_ value: consuming sending Value) {
        self.mutex = Mutex(value)
    }

    @inline(never)
    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try self.mutex.withLock(body)
    }
}
