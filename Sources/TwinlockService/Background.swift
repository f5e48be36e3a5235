import TwinlockOTP

/// Work that no answer waits for.
final class Background: Sendable {
    private struct Running {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var last: UInt64 = 0
    }

    private let running = Locked(Running())

    /// Does that some time soon.
    func run(_ work: @escaping @Sendable () async -> Void) {
        self.running.withLock { running in
            running.last += 1
            let number = running.last
            running.tasks[number] = Task {
                await work()
                self.running.withLock { $0.tasks[number] = nil }
            }
        }
    }

    /// Returns when all that was begun is done.
    func finished() async {
        while let task = self.running.withLock({ $0.tasks.first?.value }) {
            await task.value
        }
    }
}
