import Dispatch

/// Runs an actor's work on a serial queue of its own.
///
/// A commit waits for the disk. On the shared pool, which has as many threads as the machine has cores, that wait would
/// hold up everything else.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// An executor whose queue carries that label in debuggers.
    init(label: String) {
        self.queue = DispatchQueue(label: label)
    }

    /// Runs a job after those that were given before it.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.async {
            job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }

    /// Does something that is no job of a task, behind what was given before it.
    func submit(_ work: @escaping @Sendable () -> Void) {
        self.queue.async(execute: work)
    }

    /// Stops the program if the caller is not on the queue.
    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(self.queue))
    }
}
