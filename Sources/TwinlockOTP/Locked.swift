import Glibc

/// A value behind a lock, for asynchronous functions too.
///
/// A lock of the C library, and not `Mutex`, for two reasons. Where the optimiser puts `Mutex.withLock` into an asynchronous
/// function it keeps the number of the thread across a suspension, and the lock is taken in the name of a thread that has
/// gone on to something else: seen with Swift 6.3.1 in release builds, as "unlock Mutex on a thread which hasn't acquired
/// the lock". And a `Mutex` that is contended is handed over by the kernel, where the thread sanitizer does not see it: each
/// use then counts as a race, and a real one is not found among them.
public struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    /// Puts a value behind a lock of its own.
    public init(_ value: consuming sending Value) {
        self.lock = .allocate(capacity: 1)
        self.lock.initialize(to: pthread_mutex_t())
        precondition(pthread_mutex_init(self.lock, nil) == 0, "cannot make a lock")
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        pthread_mutex_destroy(self.lock)
        self.lock.deallocate()
        self.value.deinitialize(count: 1)
        self.value.deallocate()
    }

    /// Lets one caller after another look at the value and change it. Not to be called again from inside.
    @inline(never)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        return try body(&self.value.pointee)
    }
}
