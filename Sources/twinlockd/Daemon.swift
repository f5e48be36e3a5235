import CTwinlockLinux
import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import TwinlockAccounts
import TwinlockLogging
import TwinlockSealing
import TwinlockService
import TwinlockSettings
import TwinlockStore
import TwinlockStoreSQLite
import TwinlockVarlink

/// What runs between the start and the stop.
struct Daemon {
    let settings: Settings

    /// Serves until a signal says stop. Returns the exit status.
    ///
    /// - Parameters:
    ///   - source: Where the settings are read again.
    ///   - loaded: How they were read at the start.
    func serve(reading source: SettingsSource, after loaded: LoadedSettings) throws -> Int32 {
        try OpenFiles.provide()
        let privileges = try Privileges.settle(self.settings)
        let manager = ServiceManager.fromEnvironment()
        tl_block_signals()
        let threshold = LogThreshold(self.settings.loggerLevel)
        let logger = Log.make(threshold: threshold)
        let store = try self.openStore()
        let checkerPath = try self.checkerSocket(privileges)
        // The checker keeps the socket; only the name is ours to take away.
        defer { if privileges.checkerControl != nil { unlink(checkerPath) } }
        let policy = try self.policy(following: self.settings, servedUid: privileges.servedUid)
        let socket = try ListeningSocket.take(path: self.settings.socket)
        defer { socket.remove() }

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let checkThreads = NIOThreadPool(numberOfThreads: TwinlockService.checksAtOnce)
        let lookUpThreads = NIOThreadPool(numberOfThreads: Self.lookUpsAtOnce)
        checkThreads.start()
        lookUpThreads.start()
        let service = TwinlockService(
            store: store.store,
            sealer: store.sealer,
            custody: store.custody,
            checker: CheckerClient(
                path: checkerPath,
                peer: privileges.uid,
                checkThreads: checkThreads,
                lookUpThreads: lookUpThreads,
                lookUpTime: .seconds(self.settings.checkerDeadline)
            ),
            policy: policy,
            surroundings: .machine,
            version: version,
            logger: logger,
            retention: AuditRetention(days: self.settings.auditDays, rows: self.settings.auditRows)
        )
        let server = try Server(
            on: socket,
            service: service.varlinkService(),
            connections: ConnectionBounds(self.settings, services: policy.services),
            group: group,
            logger: logger
        )
        let tidying = Self.tidy(service)
        Task {
            await service.tryKey()
            await service.resumeKeyRotation()
        }
        let checkerIsGone = Self.watch(privileges.checkerControl, logger: logger)
        let watchdog = Watchdog(manager: manager, group: group, store: store.store).start()
        var reload = Reload(from: source, after: loaded, logger: logger) { settings in
            let policy = try self.policy(following: settings, servedUid: privileges.servedUid)
            service.adopt(policy)
            server.adopt(ConnectionBounds(settings, services: policy.services))
            threshold.level = settings.loggerLevel
        }

        logger.notice("serving", metadata: ["socket": "\(self.settings.socket)"])
        manager.isReady("serving")
        while tl_wait_signal() == SIGHUP {
            manager.isReloading()
            manager.isReady(reload.perform())
        }
        manager.isStopping()
        logger.notice("stopping")
        tidying.cancel()
        service.endFollowing()
        let wasAccepting = try server.stop()
        try server.drain(within: self.longestCall)
        watchdog?.cancel()
        try group.syncShutdownGracefully()
        Self.finish(service, store.store)
        return checkerIsGone() || !wasAccepting ? 1 : 0
    }

    /// Questions about names that may wait for the checker at once; their answers are kept for a minute.
    private static let lookUpsAtOnce = 4

    /// What a sign-in that was begun may still take: its turn and its check, the longest wait before a no, and writing
    /// the reply.
    private var longestCall: TimeAmount {
        .seconds(Int64(self.settings.checkerDeadline) + 10) + Limits.writeTime
    }

    private func openStore() throws -> (store: SQLiteStore, sealer: Sealer, custody: any KeyCustody) {
        // Two first starts at once would each make a key, and one of them would run with the other's on the disk. Whoever
        // comes second waits here, and then finds a database that is taken.
        let directory = open(self.settings.stateDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        guard directory >= 0, flock(directory, LOCK_EX) == 0 else {
            throw StartError("cannot lock the directory \"\(self.settings.stateDirectory)\"", errno: errno)
        }
        let path = "\(self.settings.stateDirectory)/twinlock.db"
        let key = try KeyOfDaemon.find(
            stateDirectory: self.settings.stateDirectory,
            databaseExists: access(path, F_OK) == 0
        )
        let store: SQLiteStore
        do {
            store = try SQLiteStore(path: path)
        } catch {
            switch error {
            case .unavailable(let reason), .damaged(let reason): throw StartError(reason)
            case .conflict, .parted: throw StartError("cannot open store at \"\(path)\"")
            }
        }
        try key.settle()
        return (store, key.sealer, key.custody)
    }

    /// Removes now and then what nobody will ask for again.
    private static func tidy(_ service: TwinlockService) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                await service.removeEndedSessions()
                await service.tidyRecords()
                try? await Task.sleep(for: .seconds(3600))
            }
        }
    }

    /// Lets records and the store finish what waits, and tidy its files. Called from the main thread, which nothing else
    /// needs by now.
    private static func finish(_ service: TwinlockService, _ store: SQLiteStore) {
        let closed = DispatchSemaphore(value: 0)
        Task {
            await service.finishRecords()
            await store.close()
            closed.signal()
        }
        closed.wait()
    }

    /// Where the checker listens. Started by us, it is handed a socket that only our uid may connect to.
    private func checkerSocket(_ privileges: Privileges) throws(StartError) -> String {
        guard let control = privileges.checkerControl else { return self.settings.checkerSocket }
        let path = "\(self.settings.stateDirectory)/checker.socket"
        let descriptor = tl_listen(path, 0o600, ListeningSocket.backlog)
        guard descriptor >= 0 else { throw StartError("cannot listen on \"\(path)\"", errno: descriptor) }
        defer { close(descriptor) }
        let status = tl_send_descriptor(control, descriptor)
        guard status == 0 else { throw StartError("cannot hand the checker its socket", errno: status) }
        return path
    }

    /// Stops the daemon when the checker is gone: without root it cannot be started again, and whoever started us can.
    ///
    /// - Returns: Whether that has happened.
    private static func watch(_ control: Int32?, logger: Logger) -> () -> Bool {
        guard let control else { return { false } }
        let source = DispatchSource.makeReadSource(fileDescriptor: control, queue: .global())
        source.setEventHandler {
            source.cancel()
            logger.error("the checker is gone")
            kill(getpid(), SIGTERM)
        }
        source.activate()
        return { source.isCancelled }
    }

    private func policy(following settings: Settings, servedUid: UInt32?) throws(StartError) -> ServicePolicy {
        var policy = ServicePolicy(
            signIn: try .of(settings),
            issuer: settings.issuer.isEmpty ? Self.hostName() : settings.issuer,
            failureDelaySeconds: settings.failureDelay,
            // The checker was started with it.
            checkDeadlineSeconds: self.settings.checkerDeadline,
            servedUid: servedUid,
            services: try .services(settings),
            administrators: try .administrators(settings),
            allowsCodeWithoutPassword: settings.allowsCodeWithoutPassword
        )
        policy.sessionLifetimes = SessionLifetimes(
            idleSeconds: settings.sessionIdle,
            absoluteSeconds: settings.sessionAbsolute
        )
        policy.tokens.maximumDays = settings.tokenMaximumDays
        policy.tokens.endsWithPasswordChange = settings.tokensEndWithPasswordChange
        policy.tokens.declaredGroups = settings.declaredTokenGroups
        return policy
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 65)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? "localhost" : text
    }
}

extension Surroundings {
    /// The machine that the daemon runs on.
    fileprivate static let machine = Surroundings(
        now: { UnixSeconds(tl_now()) },
        uptime: {
            let now = DispatchTime.now().uptimeNanoseconds
            return .nanoseconds(Int64(clamping: now))
        },
        random: { randomBytes($0) },
        // Even a sleep of no time at all changes threads twice.
        pause: { if $0 > .zero { try? await Task.sleep(for: $0) } }
    )
}

extension Settings {
    fileprivate var loggerLevel: Logger.Level { Logger.Level(rawValue: self.logLevel.rawValue) ?? .info }
}

/// Where the log goes.
enum Log {
    /// To the journal if standard error leads there, with fields; otherwise to standard error.
    static func make(threshold: LogThreshold) -> Logger {
        let isJournal = tl_is_journal_stream(STDERR_FILENO, getenv("JOURNAL_STREAM")) == 1
        return Logger(label: "twinlockd") { _ in
            isJournal
                ? SinkLogHandler(
                    threshold: threshold,
                    format: { JournalEntry.bytes(level: $0, message: $1, metadata: $2, identifier: "twinlockd") },
                    sink: { bytes in _ = bytes.withUnsafeBytes { tl_journal($0.baseAddress, $0.count) } }
                )
                : SinkLogHandler(
                    threshold: threshold,
                    format: { LogLine.bytes(level: $0, message: $1, metadata: $2, priority: false) },
                    sink: { bytes in
                        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                    }
                )
        }
    }
}
