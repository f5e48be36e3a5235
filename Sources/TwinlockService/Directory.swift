import TwinlockAccounts
import TwinlockOTP

/// Names and accounts of the host, as the checker tells them, kept for a minute.
///
/// The daemon itself never asks the name service: a directory that hangs must not hang it.
actor Directory {
    /// How long an answer is good for, seconds.
    static let lifetimeSeconds = 60
    /// Answers kept. Beyond it the map starts again: it is a cache, and a stranger's names must not fill the memory.
    static let maximumEntries = 4096

    private struct Kept<Value: Sendable>: Sendable {
        let value: Value
        let at: UnixSeconds
    }

    private let checker: any PasswordChecker
    private var identities: [UInt32: Kept<Identity?>] = [:]
    /// By the bytes of the name: strings are one key when they look alike, and two users whose names do are still two.
    private var reports: [[UInt8]: Kept<CheckReport>] = [:]

    init(checker: any PasswordChecker) {
        self.checker = checker
    }

    /// Whose uid that is; nil if nobody's. Root's name is never asked for.
    func identity(uid: UInt32, at now: UnixSeconds) async throws(CheckFailure) -> Identity? {
        if uid == 0 {
            return Identity(name: "root", uid: 0)
        }
        if let kept = self.identities[uid], Self.isGood(kept.at, at: now) {
            return kept.value
        }
        let identity = try await self.checker.identity(uid: uid)
        if self.identities.count >= Self.maximumEntries {
            self.identities.removeAll()
        }
        self.identities[uid] = Kept(value: identity, at: now)
        return identity
    }

    /// What the host says about an account, the password apart.
    ///
    /// - Parameter anew: Whether to ask also where an answer is kept: before something ends for good.
    /// - Returns: The report, and whether it is a kept one.
    func report(
        user: String,
        fieldKey: SecretBytes,
        at now: UnixSeconds,
        anew: Bool = false
    ) async throws(CheckFailure) -> (report: CheckReport, isKept: Bool) {
        let name = Array(user.utf8)
        if !anew, let kept = self.reports[name], Self.isGood(kept.at, at: now) {
            return (kept.value, true)
        }
        let report = try await self.checker.account(user: user, fieldKey: fieldKey)
        self.note(report, of: user, at: now)
        return (report, false)
    }

    /// Keeps what a check of a right password has told anyway: an older answer would take a new password for a change.
    func note(_ report: CheckReport, of user: String, at now: UnixSeconds) {
        if self.reports.count >= Self.maximumEntries {
            self.reports.removeAll()
        }
        self.reports[Array(user.utf8)] = Kept(value: report, at: now)
    }

    private static func isGood(_ at: UnixSeconds, at now: UnixSeconds) -> Bool {
        (0..<Int64(self.lifetimeSeconds)).contains(now - at)
    }
}
