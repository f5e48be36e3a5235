import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

// What was decided, told to the people whom it concerns; and how they clear what counts against them.
extension TwinlockService {
    /// Records that a reply holds at most, unless the caller asks for another number.
    static let logPage = 50
    /// Records that a caller may ask for.
    static let longestLogPage: Int64 = 200
    /// Bytes of records in one reply: what is left of a message beside them is for the rest of the reply.
    static let logBytes = Limits.messageBytes - 1024

    func getLog(_ call: AuthorizedCall<GetLogParameters, AccountSubject>) async throws(Refusal) -> GetLogResult {
        let identity = call.subject.identity
        let limit = call.parameters.limit ?? Int64(Self.logPage)
        guard (1...Self.longestLogPage).contains(limit) else { throw .invalidParameter("limit") }
        if let before = call.parameters.before, before < 1 {
            throw .invalidParameter("before")
        }
        // What has parted is nobody's until an administrator has looked; refusals without a uid could be either's.
        guard try await self.enrolment(of: identity) != .parted else {
            self.log.failure("the account of uid \(identity.uid) has parted from its name")
            throw .named(.unavailable)
        }
        let found = try await self.records(
            of: .account(identity),
            before: call.parameters.before,
            limit: Int(limit) + 1
        )
        return Self.page(of: found, limit: Int(limit))
    }

    /// As many of the records as a reply may hold. `found` is one longer than the limit if there are more.
    static func page(of found: [AuditRecord], limit: Int) -> GetLogResult {
        var page: [LogRecord] = []
        var bytes = 0
        for record in found.prefix(limit) {
            let told = LogRecord(record)
            bytes += told.encodedBytes
            // One always fits: its texts are bounded where they come in.
            if bytes > Self.logBytes, !page.isEmpty { break }
            page.append(told)
        }
        let isEnd = page.count == found.count
        return GetLogResult(records: page, next: isEnd ? nil : found[page.count - 1].number)
    }

    /// Clears failed codes for the owner, who has shown both factors before, however long ago, and now shows the
    /// password. The factor of a guesser is missing in both.
    func clearFailures(
        _ call: AuthorizedCall<ClearFailuresParameters, AccountSubject>
    ) async throws(Refusal) -> Empty {
        let method: StaticString = "ClearFailures"
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        guard let session = call.subject.session, session.factors.contains(.code), session.factors.count > 1 else {
            self.log.decision(method, .refused, .sessionTooWeak, of: identity, origin: origin)
            throw .named(.signInAgain)
        }
        let enrolment = try await self.passPassword(
            call.parameters.password,
            of: identity,
            origin: origin,
            method: method
        )
        let account: Account
        switch enrolment {
        case .active(let found, _):
            account = found
        case .none:
            self.log.decision(method, .refused, .notEnabled, of: identity, origin: origin)
            throw .named(.notEnabled)
        case .parted:
            self.log.decision(method, .refused, .parted, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        do {
            try await self.store.clearFailures(account: account.id, generation: account.generation)
        } catch .conflict {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "clearing failed codes")
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        self.log.decision(method, .accepted, .failuresCleared, of: identity, origin: origin)
        return Empty()
    }
}

// MARK: - The log, for whoever may read it

extension TwinlockService {
    /// Records with a lower number, the highest first. All that was decided before the call is among them.
    func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) async throws(Refusal) -> [AuditRecord] {
        await self.trail.flush()
        do {
            return try await self.store.records(of: filter, before: number, limit: limit)
        } catch {
            self.log.storeFailed(error, doing: "reading audit records")
            throw .named(.unavailable)
        }
    }

    /// Records with a higher number, the lowest first. All that was decided before the call is among them.
    func records(
        of filter: AuditFilter,
        after number: Int64,
        limit: Int
    ) async throws(Refusal) -> [AuditRecord] {
        await self.trail.flush()
        do {
            return try await self.store.records(of: filter, after: number, limit: limit)
        } catch {
            self.log.storeFailed(error, doing: "reading audit records")
            throw .named(.unavailable)
        }
    }

    /// Saves the records that wait, and removes what is too old or too many. Nobody waits for it.
    public func tidyRecords() async {
        self.sealers.forgetRetiredKeys(at: self.surroundings.now())
        await self.trail.flush()
        await self.trail.trim()
    }

    /// Ends the calls that follow something, and what goes on by itself; at a stop, before it is waited for the calls at
    /// work.
    public func endFollowing() {
        self.trail.tail.end()
        self.rotation.stop()
    }

    /// Saves the records that wait; at a stop, when no call comes any more and before the store closes.
    public func finishRecords() async {
        await self.trail.flush()
    }
}

extension LogRecord {
    /// A record as its owner is told it.
    init(_ record: AuditRecord) {
        self.init(
            at: record.at.value,
            firstAt: record.firstAt.value,
            count: record.count,
            service: record.service,
            remoteHost: record.remoteHost,
            tty: record.tty,
            callerUid: record.caller.map(Int64.init),
            method: record.method,
            outcome: OwnAccount.Outcome(record.outcome),
            reason: record.reason.rawValue,
            words: record.reason.sentence
        )
    }
}

extension OwnAccount.Outcome {
    fileprivate init(_ outcome: AuditOutcome) {
        switch outcome {
        case .accepted: self = .accepted
        case .refused: self = .refused
        case .continued: self = .continued
        }
    }
}
