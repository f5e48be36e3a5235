/// What a person who has just logged in should be told about his second factor, in one line. Pure.
///
/// Each fact is told with what is to be done about it: the line is read once, in passing.
public struct LoginNotice: Equatable, Sendable {
    /// From so many recovery codes on it is time for new ones. Ours: one for a lost phone, and two slips.
    public static let fewRecoveryCodes = 3
    /// Bytes of the longest line: two sentences on a terminal. Login programs rely on it.
    public static let maximumBytes = 200

    /// Recovery codes that were not used, 0...`RecoverySet.size`; 0 for a factor from before there were any.
    public var recoveryCodesLeft: Int
    /// Whether the person said that they are saved.
    public var areSaved: Bool
    /// Whether a store that was restored has lost what was used of them since.
    public var areInDoubt: Bool
    /// Wrong codes that count, 0...`Throttle.maximumFailures`. Right after a login with a code none of them is from
    /// where that login came from.
    public var failedCodes: Int
    /// The day from which on a second factor is required of somebody who has none, as `2027-01-31`; nil for who has one.
    public var requiredFrom: String?

    /// Facts that need no attention, but for those that are given.
    public init(
        recoveryCodesLeft: Int = RecoverySet.size,
        areSaved: Bool = true,
        areInDoubt: Bool = false,
        failedCodes: Int = 0
    ) {
        self.recoveryCodesLeft = recoveryCodesLeft
        self.areSaved = areSaved
        self.areInDoubt = areInDoubt
        self.failedCodes = failedCodes
    }

    /// The facts about an account; nil without a second factor, or where it has parted from its name or uid.
    public init?(_ enrolment: Enrolment) {
        guard case .active(let account, _) = enrolment else { return nil }
        self.init(
            recoveryCodesLeft: account.recovery?.left ?? 0,
            areSaved: account.recovery?.acknowledgedAt != nil,
            areInDoubt: account.recovery?.isInDoubt ?? false,
            failedCodes: account.throttle.failures.total
        )
    }

    /// The line: printable ASCII, at most `maximumBytes`, beginning `Twinlock: `; nil if nothing is to be said.
    ///
    /// - Parameter remaining: Whether the recovery codes are counted also where all is well.
    public func line(remaining: Bool) -> String? {
        if let requiredFrom {
            return "Twinlock: From \(requiredFrom) on logins need a second factor: `twinlock enable` sets it up."
        }
        let sentences = [self.failures, self.recoveryCodes(remaining: remaining)].compactMap(\.self)
        return sentences.isEmpty ? nil : "Twinlock: \(sentences.joined(separator: " "))"
    }

    /// What is told to somebody who has no second factor and will have to have one; nil where none will be required.
    public init?(requiredFrom: UnixSeconds?) {
        guard let requiredFrom else { return nil }
        self.init()
        self.requiredFrom = requiredFrom.day
    }

    private var failures: String? {
        guard self.failedCodes > 0 else { return nil }
        let count = self.failedCodes == 1 ? "1 wrong code counts" : "\(self.failedCodes) wrong codes count"
        return "\(count) against you: if not yours, change the password (`twinlock log`)."
    }

    private func recoveryCodes(remaining: Bool) -> String? {
        let count =
            switch self.recoveryCodesLeft {
            case 0: "No recovery code left"
            case 1: "1 recovery code left"
            default: "\(self.recoveryCodesLeft) recovery codes left"
            }
        let renewal = "`twinlock recovery-codes --regenerate` makes new ones."
        if self.recoveryCodesLeft > 0, self.areInDoubt { return "At most \(count) since a restore: \(renewal)" }
        if self.recoveryCodesLeft <= Self.fewRecoveryCodes { return "\(count): \(renewal)" }
        if !self.areSaved { return "\(count), not known to be saved: `twinlock recovery-codes` shows them." }
        return remaining ? "\(count)." : nil
    }
}
