import CSQLite
import Glibc
import TwinlockOTP

/// Where SQLite lets this process die.
///
/// Statements are those that it begins, triggers' included; writes are the system calls by which it changes a file. For
/// a process that does nothing else: what is hooked here is hooked for the whole of it.
enum DeathPoint: String, CaseIterable, Sendable {
    /// Before it begins the statement of that number.
    case statement
    /// Before it makes the write of that number.
    case write
    /// After it wrote the first half of the bytes of the write of that number.
    case halfWrite

    /// What was passed since the watch began, and what the process dies of.
    struct Watch: Sendable {
        var death: (point: DeathPoint, number: Int)?
        var statements = 0
        var writes = 0
    }

    /// nil until it begins.
    private static let watch = Locked<Watch?>(nil)

    /// Counts from now on, and dies at the point of that number; at 0 never.
    func arm(at number: Int) {
        Self.watch.withLock { $0 = Watch(death: (self, number)) }
    }

    /// Ends the counting.
    static func disarm() -> Watch {
        self.watch.withLock { watch in
            defer { watch = nil }
            return watch ?? Watch()
        }
    }

    /// Lays hooks into databases that are opened from now on.
    static func lay() {
        typealias EntryPoint = @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Int32
        let entryPoint: EntryPoint = { database, _, _ in
            sqlite3_trace_v2(database, UInt32(SQLITE_TRACE_STMT), { _, _, _, _ in DeathPoint.beginsStatement() }, nil)
        }
        typealias AnyFunction = @convention(c) () -> Void
        precondition(sqlite3_auto_extension(unsafeBitCast(entryPoint, to: AnyFunction.self)) == SQLITE_OK)

        typealias WriteAt = @convention(c) (Int32, UnsafeRawPointer?, Int, off_t) -> Int
        let writeAt: WriteAt = { file, bytes, count, offset in
            DeathPoint.writes(count) { pwrite(file, bytes, $0, offset) }
        }
        typealias Write = @convention(c) (Int32, UnsafeRawPointer?, Int) -> Int
        let write: Write = { file, bytes, count in
            DeathPoint.writes(count) { Glibc.write(file, bytes, $0) }
        }
        guard let files = sqlite3_vfs_find(nil), let set = files.pointee.xSetSystemCall else {
            preconditionFailure("SQLite does not let its system calls be replaced")
        }
        // Which of them it uses was chosen when it was built.
        for name in ["pwrite", "pwrite64"] {
            _ = set(files, name, unsafeBitCast(writeAt, to: AnyFunction.self))
        }
        precondition(set(files, "write", unsafeBitCast(write, to: AnyFunction.self)) == SQLITE_OK)
    }

    private static func beginsStatement() -> Int32 {
        self.watch.withLock { watch in
            watch?.statements += 1
            guard let watch, let death = watch.death, death == (.statement, watch.statements) else { return }
            killThisProcess()
        }
        return 0
    }

    private static func writes(_ count: Int, _ write: (Int) -> Int) -> Int {
        self.watch.withLock { watch in
            watch?.writes += 1
            guard let watch, let death = watch.death, death.number == watch.writes else { return }
            switch death.point {
            case .statement: return
            case .write: break
            case .halfWrite: _ = write(count / 2)
            }
            killThisProcess()
        }
        return write(count)
    }
}
