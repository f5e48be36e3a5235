/// One decision as it is kept: who, where from, what, and why. Several that repeat each other closely are one record.
///
/// It holds no secret: every text in it is a name, a place or a word of ours, and none of them is made from what a caller
/// gave as a password, a code or a session. (Somebody who types his password where a login asks for the name has made it
/// a name; the journal has it then, too.)
public struct AuditRecord: Equatable, Sendable {
    /// The store's own number, from 1; 0 before a store has given one. Higher is later, and none is used twice.
    public var number: Int64
    /// When; of several the last one.
    public var at: UnixSeconds
    /// Of several the first one; otherwise as `at`.
    public var firstAt: UnixSeconds
    /// How many decisions this stands for, 1 or more.
    public var count: Int64
    /// The canonical account name where it is known, otherwise the name as it was given: from a stranger, unchecked.
    public let name: String
    /// The account's uid; nil where the host knows no such name, or was not asked.
    public let uid: UInt32?
    /// PAM service, or `varlink`.
    public let service: String
    /// Empty where there is none.
    public let remoteHost: String
    /// Empty where there is none.
    public let tty: String
    /// The uid at the other end of the socket; nil for what the daemon says of itself.
    public let caller: UInt32?
    /// The method's name without its interface, or another word of ours.
    public let method: String
    /// What became of it.
    public let outcome: AuditOutcome
    /// Why.
    public let reason: AuditReason

    /// A decision, or a record as it was read from a store.
    ///
    /// - Parameters:
    ///   - firstAt: nil for one decision: as `at`.
    ///   - count: 1 or more.
    public init(
        number: Int64 = 0,
        at: UnixSeconds,
        firstAt: UnixSeconds? = nil,
        count: Int64 = 1,
        name: String,
        uid: UInt32?,
        service: String,
        remoteHost: String,
        tty: String,
        caller: UInt32?,
        method: String,
        outcome: AuditOutcome,
        reason: AuditReason
    ) {
        precondition(count >= 1, "a record stands for one decision at least")
        self.number = number
        self.at = at
        self.firstAt = firstAt ?? at
        self.count = count
        self.name = name
        self.uid = uid
        self.service = service
        self.remoteHost = remoteHost
        self.tty = tty
        self.caller = caller
        self.method = method
        self.outcome = outcome
        self.reason = reason
    }
}

// MARK: - Repeats

extension AuditRecord {
    /// A repeat joins the record before it if that one's last decision is at most so old, seconds. Ours: longer than the
    /// pause of a program that tries again by itself.
    public static let repeatSeconds = 600
    /// A record takes in repeats for so long, seconds, so that a history of days stays one of days.
    public static let longestSpanSeconds = 86_400

    /// The record with a later decision taken in, if that one repeats it: same account, place, method, outcome and reason,
    /// soon enough after. nil otherwise, and always for what was accepted: every login is worth a record.
    ///
    /// A clock that was set back in between makes a new record.
    public func taking(in next: AuditRecord) -> AuditRecord? {
        guard self.outcome != .accepted, self.repeats(next),
            (0...Int64(Self.repeatSeconds)).contains(next.at - self.at),
            next.at - self.firstAt <= Int64(Self.longestSpanSeconds)
        else { return nil }
        var joined = self
        joined.at = next.at
        let (count, overflow) = self.count.addingReportingOverflow(next.count)
        joined.count = overflow ? .max : count
        return joined
    }

    /// The same for all records that could be one, and nil for those that are never joined: by it a store finds the
    /// candidate. Others may share it; `taking(in:)` decides.
    ///
    /// FNV-1a of 64 bits: it must be the same after a restart, and there is nothing to be won by a collision but a record
    /// more of one's own.
    public var repeatKey: Int64? {
        guard self.outcome != .accepted else { return nil }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for field in self.identifyingTexts {
            // The byte that is in no UTF-8 keeps fields apart.
            for byte in Array(field.utf8) + [0xff] {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        }
        return Int64(bitPattern: hash)
    }

    private func repeats(_ other: AuditRecord) -> Bool {
        zip(self.identifyingTexts, other.identifyingTexts).allSatisfy { $0.hasSameBytes(as: $1) }
    }

    private var identifyingTexts: [String] {
        [
            self.name, self.uid.map { "\($0)" } ?? "", self.service, self.remoteHost, self.tty,
            self.caller.map { "\($0)" } ?? "", self.method, self.outcome.rawValue, self.reason.rawValue,
        ]
    }
}

extension String {
    /// Whether both are the same bytes. Swift's own `==` takes two spellings of one accent for equal; Linux does not.
    func hasSameBytes(as other: String) -> Bool {
        self.utf8.elementsEqual(other.utf8)
    }
}
