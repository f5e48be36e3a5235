import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

// `org.twinlock.Administration.GetLog`: everybody's records, page by page or as they come.
extension TwinlockService {
    /// Records of a page, unless the caller asks for another number; as for one's own.
    private static let defaultLimit = Int64(TwinlockService.logPage)
    /// Records that have happened, told before those that come.
    private static let defaultFollowedLimit: Int64 = 10
    /// Records that are read at once: the store's one writer waits no longer for it than for a sign-in.
    private static let readAtOnce = 200
    /// Records that one call looks through: a rare one is looked for in several.
    private static let lookedThrough = 10_000
    /// How long who follows the log is taken for an administrator without looking again, seconds.
    private static let standingSeconds: Int64 = 60

    func getAuditLog(
        _ call: AuthorizedCall<GetAuditLogParameters, Administrator>,
        _ replies: Replies<GetAuditLogResult>
    ) async throws(Refusal) -> GetAuditLogResult {
        let search = AuditSearch(call.parameters)
        guard replies.areWelcome else {
            let limit = try Self.limit(call.parameters.limit, 1, orElse: Self.defaultLimit)
            if let before = call.parameters.before, before < 1 { throw .invalidParameter("before") }
            return try await self.page(of: search, before: call.parameters.before, limit: limit)
        }
        let limit = try Self.limit(call.parameters.limit, 0, orElse: Self.defaultFollowedLimit)
        guard call.parameters.before == nil else { throw .invalidParameter("before") }
        // First to follow, then to read what is there: what comes in between is in both, and told once.
        let outcome = await self.trail.tail.follow(search.filter) { follower in
            replies.onHangUp { follower.end() }
            do throws(Refusal) {
                return Result<Void, Refusal>.success(
                    try await self.follow(follower, search: search, limit: limit, for: call, replies)
                )
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return GetAuditLogResult(records: [], next: nil)
    }

    /// Tells the last records, then each new one until nobody reads any more or the daemon stops.
    private func follow(
        _ follower: AuditFollower,
        search: AuditSearch,
        limit: Int,
        for call: AuthorizedCall<GetAuditLogParameters, Administrator>,
        _ replies: Replies<GetAuditLogResult>
    ) async throws(Refusal) {
        var last = try await self.newestNumber(of: search.filter)
        var recent: [AuditEntry] = []
        if limit > 0 {
            recent = try await self.page(of: search, before: last + 1, limit: limit).records.reversed()
        }
        // Also without any: the caller knows by it that nothing escapes him from now on.
        guard await replies.send(GetAuditLogResult(records: recent, next: nil)) else { return }
        var looked = self.surroundings.now()
        while let event = await follower.next() {
            let now = self.surroundings.now()
            if abs(now - looked) >= Self.standingSeconds {
                _ = try await self.administrator(call.parameters.session, call.peer, Administration.GetLog.name)
                looked = now
            }
            switch event {
            case .record(let record) where record.number <= last:
                continue
            case .record(let record) where record.number == last + 1:
                last = record.number
                guard await self.tell([record], search, replies) else { return }
            case .record, .missed:
                // Those between are in the store already: verdicts tell their records as they come, in no order.
                while case let found = try await self.records(of: search.filter, after: last, limit: Self.readAtOnce),
                    let newest = found.last
                {
                    last = newest.number
                    guard await self.tell(found, search, replies) else { return }
                }
            }
        }
    }

    /// Sends the records that fit, one a reply: whoever follows reads them as they come. Whether to go on.
    private func tell(
        _ records: [AuditRecord],
        _ search: AuditSearch,
        _ replies: Replies<GetAuditLogResult>
    ) async -> Bool {
        for record in records where search.conditions.match(record) {
            guard await replies.send(GetAuditLogResult(records: [AuditEntry(record)], next: nil)) else { return false }
        }
        return true
    }

    private func newestNumber(of filter: AuditFilter) async throws(Refusal) -> Int64 {
        try await self.records(of: filter, before: nil, limit: 1).first?.number ?? 0
    }

    /// The records that fit, the newest first, as many as a reply may hold and as are found in a reasonable time.
    private func page(of search: AuditSearch, before: Int64?, limit: Int) async throws(Refusal) -> GetAuditLogResult {
        var entries: [AuditEntry] = []
        var bytes = 0
        var reached = before
        for _ in 0..<(Self.lookedThrough / Self.readAtOnce) {
            let found = try await self.records(of: search.filter, before: reached, limit: Self.readAtOnce)
            for record in found {
                if let since = search.conditions.since, record.at < since {
                    return GetAuditLogResult(records: entries, next: nil)
                }
                guard search.conditions.match(record) else { continue }
                let entry = AuditEntry(record)
                bytes += entry.encodedBytes
                // One always fits: its texts are bounded where they come in.
                if entries.count == limit || (bytes > Self.logBytes && !entries.isEmpty) {
                    return GetAuditLogResult(records: entries, next: record.number + 1)
                }
                entries.append(entry)
            }
            guard found.count == Self.readAtOnce else { return GetAuditLogResult(records: entries, next: nil) }
            reached = found.last?.number
        }
        return GetAuditLogResult(records: entries, next: reached)
    }

    private static func limit(_ given: Int64?, _ least: Int64, orElse usual: Int64) throws(Refusal) -> Int {
        let limit = given ?? usual
        guard (least...self.longestLogPage).contains(limit) else { throw .invalidParameter("limit") }
        return Int(limit)
    }
}

/// Which records an administrator asks for.
private struct AuditSearch {
    let filter: AuditFilter
    let conditions: AuditConditions

    init(_ parameters: GetAuditLogParameters) {
        self.filter = parameters.user.map { .name($0) } ?? .everything
        self.conditions = AuditConditions(
            outcome: parameters.outcome.flatMap(AuditOutcome.init(rawValue:)),
            service: parameters.service,
            remoteHost: parameters.remoteHost,
            method: parameters.method,
            since: parameters.since.map { UnixSeconds($0) }
        )
    }
}

extension AuditEntry {
    /// A record as administrators are told it.
    fileprivate init(_ record: AuditRecord) {
        self.init(
            number: record.number,
            user: record.name,
            uid: record.uid.map(Int64.init),
            record: LogRecord(record)
        )
    }
}
