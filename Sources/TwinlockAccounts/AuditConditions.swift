/// What an administrator looks for in the log, beside whose records: every condition that is given must hold.
public struct AuditConditions: Equatable, Sendable {
    /// The outcome.
    public var outcome: AuditOutcome?
    /// The service, byte for byte.
    public var service: String?
    /// The remote host, byte for byte.
    public var remoteHost: String?
    /// The method, byte for byte.
    public var method: String?
    /// Not before.
    public var since: UnixSeconds?

    /// Conditions; without any, all records fit.
    public init(
        outcome: AuditOutcome? = nil,
        service: String? = nil,
        remoteHost: String? = nil,
        method: String? = nil,
        since: UnixSeconds? = nil
    ) {
        self.outcome = outcome
        self.service = service
        self.remoteHost = remoteHost
        self.method = method
        self.since = since
    }

    /// Whether a record fits.
    public func match(_ record: AuditRecord) -> Bool {
        (self.outcome ?? record.outcome) == record.outcome
            && (self.service ?? record.service).hasSameBytes(as: record.service)
            && (self.remoteHost ?? record.remoteHost).hasSameBytes(as: record.remoteHost)
            && (self.method ?? record.method).hasSameBytes(as: record.method)
            && (self.since ?? record.at) <= record.at
    }
}
