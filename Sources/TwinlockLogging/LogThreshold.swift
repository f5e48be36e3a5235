public import Logging
import Synchronization

/// The level below which nothing is logged, shared by all who log and changed while they do.
public final class LogThreshold: Sendable {
    private let current: Mutex<Logger.Level>

    /// A threshold.
    public init(_ level: Logger.Level) {
        self.current = Mutex(level)
    }

    /// The level that holds now.
    ///
    /// Never inlined: asynchronous functions log, and a lock that is taken inside one may be given back by another thread.
    public var level: Logger.Level {
        @inline(never) get { self.current.withLock { $0 } }
        @inline(never) set { self.current.withLock { $0 = newValue } }
    }
}
