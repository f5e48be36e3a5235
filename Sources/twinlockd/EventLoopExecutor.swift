import NIOCore

/// Runs calls on the event loop of their connection.
///
/// What the service itself does takes microseconds, and all that waits does so elsewhere: for the disk on the store's
/// queue, for the checker on threads of their own. On the shared pool each call changed threads twice more.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Runs a job after those that were given before it.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.eventLoop.execute {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
