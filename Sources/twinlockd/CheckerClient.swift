import CTwinlockLinux
import Glibc
import NIOPosix
import TwinlockAccounts
import TwinlockOTP
import TwinlockService
import TwinlockVarlink

/// Asks the checker, one connection and one process for each question. A password goes to its socket from where it lies
/// in the frame that brought it.
struct CheckerClient: PasswordChecker {
    /// Where the checker listens.
    let path: String
    /// Who must be listening, root apart.
    let peer: UInt32
    /// Threads that wait for answers about passwords: as many as checks run at once, so that none waits for a thread.
    let checkThreads: NIOThreadPool
    /// Threads that wait for answers about names: apart, so that a directory that hangs keeps no password waiting.
    let lookUpThreads: NIOThreadPool
    /// How long a question about a name may take.
    let lookUpTime: Duration

    private enum Operation: UInt8 {
        case check = 1, lookUpUid = 3, account = 4
    }

    func check(
        user: String,
        password: SecretText,
        remoteHost: String,
        tty: String,
        fieldKey: SecretBytes,
        within time: Duration
    ) async throws(CheckFailure) -> CheckReport {
        try await self.ask(
            .check,
            user: user,
            password: password,
            remoteHost: remoteHost,
            tty: tty,
            fieldKey: fieldKey,
            within: time
        ).report()
    }

    func account(user: String, fieldKey: SecretBytes) async throws(CheckFailure) -> CheckReport {
        try await self.ask(.account, user: user, fieldKey: fieldKey, within: self.lookUpTime).report()
    }

    func identity(uid: UInt32) async throws(CheckFailure) -> Identity? {
        let answer = try await self.ask(.lookUpUid, user: "\(uid)", within: self.lookUpTime)
        switch answer.result {
        case .right: return answer.identity
        case .unknown: return nil
        case .wrong, .notAsked, .askedForMore, .failed: throw .broken
        }
    }

    private func ask(
        _ operation: Operation,
        user: String,
        password: SecretText? = nil,
        remoteHost: String = "",
        tty: String = "",
        fieldKey: SecretBytes? = nil,
        within time: Duration
    ) async throws(CheckFailure) -> CheckerAnswer {
        let milliseconds = Int32(
            clamping: time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        )
        guard milliseconds > 0 else { throw .timeout }
        let (path, peer) = (self.path, self.peer)
        let outcome: Result<CheckerAnswer, CheckFailure>
        do {
            let threads = operation == .check ? self.checkThreads : self.lookUpThreads
            outcome = try await threads.runIfActive {
                Self.exchange(
                    operation,
                    path: path,
                    peer: peer,
                    user: user,
                    password: password,
                    remoteHost: remoteHost,
                    tty: tty,
                    fieldKey: fieldKey,
                    milliseconds: milliseconds
                )
            }
        } catch {
            throw .unreachable(errno: ESHUTDOWN)
        }
        return try outcome.get()
    }

    private static func exchange(
        _ operation: Operation,
        path: String,
        peer: UInt32,
        user: String,
        password: SecretText?,
        remoteHost: String,
        tty: String,
        fieldKey: SecretBytes?,
        milliseconds: Int32
    ) -> Result<CheckerAnswer, CheckFailure> {
        var header = Array("TLC2".utf8) + [operation.rawValue, 0]
        let counts = [user.utf8.count, password?.count, remoteHost.utf8.count, tty.utf8.count, fieldKey?.count]
        for count in counts.map({ $0 ?? 0 }) {
            guard let count = UInt16(exactly: count) else { return .failure(.broken) }
            header += [UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        }
        let head = header + Array(user.utf8)
        let tail = Array(remoteHost.utf8) + Array(tty.utf8)
        var reply = [UInt8](repeating: 0, count: CheckerAnswer.maximumBytes + 1)
        let count = head.withUnsafeBytes { head in
            tail.withUnsafeBytes { tail in
                reply.withUnsafeMutableBytes { reply in
                    let ask = { (key: UnsafeRawBufferPointer) in
                        Self.send(head, password, tail, key, reply, path: path, peer: peer, milliseconds: milliseconds)
                    }
                    return fieldKey?.withUnsafeBytes(ask) ?? ask(UnsafeRawBufferPointer(start: nil, count: 0))
                }
            }
        }
        switch Int32(clamping: count) {
        case -ETIMEDOUT: return .failure(.timeout)
        case ..<0: return .failure(.unreachable(errno: Int32(clamping: -count)))
        default: break
        }
        guard let answer = CheckerAnswer(reply[..<count]) else { return .failure(.broken) }
        return .success(answer)
    }

    private static func send(
        _ head: UnsafeRawBufferPointer,
        _ password: SecretText?,
        _ tail: UnsafeRawBufferPointer,
        _ key: UnsafeRawBufferPointer,
        _ reply: UnsafeMutableRawBufferPointer,
        path: String,
        peer: UInt32,
        milliseconds: Int32
    ) -> Int {
        func exchange(_ password: UnsafeRawBufferPointer) -> Int {
            let parts = [head, password, tail, key]
            let pieces = parts.map(\.baseAddress)
            let lengths = parts.map(\.count)
            return tl_exchange(path, peer, pieces, lengths, 4, reply.baseAddress, reply.count, milliseconds)
        }
        return password?.withUnsafeBytes(exchange) ?? exchange(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}

/// What the checker answered: 24 bytes in front, a name, groups, and a digest.
struct CheckerAnswer {
    static let headerBytes = 24
    static let maximumBytes = headerBytes + 256 + 1024 * 4 + digestBytes
    static let digestBytes = 43

    enum Result: UInt8 {
        case right = 0, wrong, notAsked, askedForMore, unknown, failed
    }

    let result: Result
    let account: AccountCheck?
    let hasUsablePassword: Bool?
    let fieldDigest: CheckReport.FieldDigest
    let identity: Identity?
    let groups: [UInt32]

    /// Reads an answer; nil for anything that is not one, whole.
    init?(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count >= Self.headerBytes, bytes.starts(with: "TLR2".utf8),
            let result = Result(rawValue: bytes[4])
        else { return nil }
        let nameCount = Int(bytes[20]) << 8 | Int(bytes[21])
        let groupCount = Int(bytes[22]) << 8 | Int(bytes[23])
        let digestCount = Int(bytes[7])
        guard bytes.count == Self.headerBytes + nameCount + groupCount * 4 + digestCount,
            digestCount == 0 || digestCount == Self.digestBytes
        else { return nil }
        let word = { (at: Int) in bytes[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
        let uid = word(8)
        let name = bytes[Self.headerBytes..<Self.headerBytes + nameCount]
        let firstGroup = Self.headerBytes + nameCount
        self.groups = (0..<groupCount).map { word(firstGroup + 4 * $0) }
        self.result = result
        self.account = AccountCheck(rawValue: bytes[5])
        switch bytes[6] {
        case 0: self.hasUsablePassword = true
        case 1: self.hasUsablePassword = false
        default: self.hasUsablePassword = nil
        }
        self.fieldDigest =
            switch (digestCount, bytes[6]) {
            case (Self.digestBytes, _): .of(Array(bytes.suffix(digestCount)))
            case (_, 3): .unreadable
            default: .unknown
            }
        if uid == UInt32.max || nameCount == 0 {
            self.identity = nil
        } else {
            guard let name = String(validating: name, as: UTF8.self) else { return nil }
            self.identity = Identity(name: name, uid: uid)
        }
    }

    /// The answer as the service reads it.
    func report() throws(CheckFailure) -> CheckReport {
        let password: CheckReport.Password
        switch self.result {
        case .right: password = .right
        case .wrong: password = .wrong
        case .notAsked: password = .notAsked
        case .askedForMore: password = .askedForMore
        case .unknown: password = .unknownUser
        case .failed: throw .broken
        }
        return CheckReport(
            password: password,
            account: self.account ?? .failed,
            identity: self.identity,
            hasUsablePassword: self.hasUsablePassword,
            fieldDigest: self.fieldDigest,
            groups: self.groups
        )
    }
}
