import CFuzz
package import NIOEmbedded

/// The tasks of one connection, run on the thread that has its event loop.
package enum Jobs {
    /// Never asked to enqueue anything: the jobs come from the runtime's own queue.
    private final class Here: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            fatalError("no task prefers this executor")
        }
    }

    private static let here = Here()

    /// Keeps tasks from running anywhere else.
    package static func hold() {
        tl_hold_jobs()
    }

    /// Runs tasks and event loop until neither has anything to do.
    package static func run(on eventLoop: EmbeddedEventLoop) {
        eventLoop.run()
        while let job = tl_take_job() {
            unsafeBitCast(job, to: UnownedJob.self).runSynchronously(on: self.here.asUnownedTaskExecutor())
            eventLoop.run()
        }
    }
}
