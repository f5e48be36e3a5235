import TwinlockAccounts
import TwinlockOTP
import TwinlockStore

extension AccountRecords {
    /// Accounts with their factors, to be followed by a condition.
    static let select = """
        SELECT a.id, a.name, a.uid, a.generation, a.wait_since, a.wait_seconds,
            c.sealed, c.algorithm, c.digits, c.time_step, c.last_step, c.confirmed_at,
            s.sealed, s.algorithm, s.digits, s.time_step, s.begun_at, s.failures, c.drift
        FROM accounts AS a LEFT JOIN credentials AS c ON c.account = a.id LEFT JOIN set_ups AS s ON s.account = a.id
        """

    /// Everything but the failures.
    static func read(_ row: borrowing Row) throws(StoreError) -> Account {
        var wait: (since: UnixSeconds, seconds: Int)?
        if !row.isNull(4) {
            wait = (
                since: try row.moment(4),
                seconds: try row.integer(5, in: 1...Throttle.longestWaitSeconds)
            )
        }
        var credential: Credential?
        if !row.isNull(6) {
            credential = Credential(
                secret: try self.secret(in: row, from: 6),
                lastStep: try row.optional(10, in: 0...Int64.max),
                drift: try row.integer(18, in: -Resynchronisation.reach...Resynchronisation.reach),
                confirmedAt: try row.moment(11)
            )
        }
        var setUp: SetUp?
        if !row.isNull(12) {
            setUp = SetUp(
                secret: try self.secret(in: row, from: 12),
                begunAt: try row.moment(16),
                failures: try row.integer(17, in: 0...SetUp.maximumFailures)
            )
        }
        return Account(
            id: try row.integer(0, in: 1...Int64.max),
            identity: Identity(name: try row.text(1), uid: try row.integer(2, in: 0...UInt32.max)),
            generation: try row.integer(3, in: 0...(Int64.max - 1)),
            credential: credential,
            setUp: setUp,
            throttle: Throttle(failures: Failures(), wait: wait)
        )
    }

    private static func secret(in row: borrowing Row, from column: Int32) throws(StoreError) -> SealedSecret {
        guard let algorithm = HashAlgorithm(storedName: try row.text(column + 1)) else {
            throw row.damaged(column + 1)
        }
        return SealedSecret(
            sealed: try row.blob(column),
            algorithm: algorithm,
            digits: try row.integer(column + 2, in: 6...8),
            timeStep: try row.integer(column + 3, in: 1...86400)
        )
    }
}

extension Row {
    /// A moment of the years 1 to 9999: sums with it cannot overflow.
    borrowing func moment(_ column: Int32) throws(StoreError) -> UnixSeconds {
        UnixSeconds(try self.integer(column, in: -62_135_596_800...253_402_300_799))
    }
}

extension HashAlgorithm {
    /// The word of the schema.
    var storedName: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        }
    }

    fileprivate init?(storedName: String) {
        switch storedName {
        case "SHA1": self = .sha1
        case "SHA256": self = .sha256
        case "SHA512": self = .sha512
        default: return nil
        }
    }
}
