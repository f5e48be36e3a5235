import NIOCore
import TwinlockStore

/// Tells the service manager that the daemon makes progress, as long as it does.
struct Watchdog {
    let manager: ServiceManager
    let group: any EventLoopGroup
    let store: any AccountStore

    /// Begins; nothing where nobody wants to hear of it.
    func start() -> Task<Void, Never>? {
        guard let interval = self.manager.watchdogInterval else { return nil }
        return Task {
            while !Task.isCancelled {
                await self.passThrough()
                self.manager.makesProgress()
                try? await Task.sleep(for: interval / 4)
            }
        }
    }

    /// Goes the way of a call: a turn of the event loop, a task, the store's queue. Never returns where one of them hangs.
    ///
    /// An answer that is an error is an answer: starting again mends no disk, and would drop the calls that need none.
    private func passThrough() async {
        try? await self.group.next().submit {}.get()
        _ = try? await self.store.accounts(after: nil, limit: 1)
    }
}
