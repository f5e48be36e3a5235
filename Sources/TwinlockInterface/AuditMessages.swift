public import TwinlockVarlink

extension Administration {
    /// Tells what was decided about all accounts.
    public enum GetLog: Method {
        /// `org.twinlock.Administration.GetLog`
        public static let name = "\(interface).GetLog"
        /// What goes in.
        public typealias Parameters = GetAuditLogParameters
        /// What comes out, once or again and again.
        public typealias Result = GetAuditLogResult
    }
}

/// Parameters of `GetLog` for all accounts.
public struct GetAuditLogParameters: Message {
    /// Of that name.
    public var user: String?
    /// With that outcome.
    public var outcome: String?
    /// Of that service.
    public var service: String?
    /// From that host.
    public var remoteHost: String?
    /// By that method.
    public var method: String?
    /// Not before, Unix seconds.
    public var since: Int64?
    /// With a lower number.
    public var before: Int64?
    /// In one page; unchecked.
    public var limit: Int64?
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("user", .string(maximumBytes: 256)),
        .optional("outcome", .word(OwnAccount.Outcome.allCases.map(\.rawValue))),
        .optional("service", .string(maximumBytes: 64)),
        .optional("remoteHost", .string(maximumBytes: 255)),
        .optional("method", .string(maximumBytes: 64)),
        .optional("since", .int),
        .optional("before", .int),
        .optional("limit", .int),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(
        user: String? = nil,
        outcome: String? = nil,
        service: String? = nil,
        remoteHost: String? = nil,
        method: String? = nil,
        since: Int64? = nil,
        before: Int64? = nil,
        limit: Int64? = nil,
        session: SecretText? = nil
    ) {
        self.user = user
        self.outcome = outcome
        self.service = service
        self.remoteHost = remoteHost
        self.method = method
        self.since = since
        self.before = before
        self.limit = limit
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string
        self.outcome = object?["outcome"]?.string
        self.service = object?["service"]?.string
        self.remoteHost = object?["remoteHost"]?.string
        self.method = object?["method"]?.string
        self.since = object?["since"]?.integer
        self.before = object?["before"]?.integer
        self.limit = object?["limit"]?.integer
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("outcome", self.outcome)
        json.member("service", self.service)
        json.member("remoteHost", self.remoteHost)
        json.member("method", self.method)
        json.member("since", self.since)
        json.member("before", self.before)
        json.member("limit", self.limit)
        json.member("session", secret: self.session)
    }
}

/// One decision, or several alike that followed each other closely, as administrators are told it.
public struct AuditEntry: Equatable, Sendable, LogEntry {
    /// Higher is later.
    public var number: Int64
    /// The account's name, or the name as it was given.
    public var user: String
    /// Of the account.
    public var uid: Int64?
    /// The rest.
    public var record: LogRecord

    /// As in the interface text.
    static let fields: [Field] =
        [
            .required("number", .int), .required("user", .string(maximumBytes: 4096)), .optional("uid", .int),
        ] + LogRecord.fields

    /// A record.
    public init(number: Int64, user: String, uid: Int64?, record: LogRecord) {
        self.number = number
        self.user = user
        self.uid = uid
        self.record = record
    }

    init(checked object: JSONValue) {
        self.number = object["number"]?.integer ?? 0
        self.user = object["user"]?.string ?? ""
        self.uid = object["uid"]?.integer
        self.record = LogRecord(checked: object)
    }

    /// Writes the entry as an object.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        self.writeMembers(to: &json)
        json.endObject()
    }

    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("number", self.number)
        json.member("user", self.user)
        json.member("uid", self.uid)
        self.record.writeMembers(to: &json)
    }
}

/// What `GetLog` answers.
public struct GetAuditLogResult: Message {
    /// See the interface text for their order.
    public var records: [AuditEntry]
    /// `before` of the call that goes on; nil at the end.
    public var next: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("records", .array(.object(AuditEntry.fields))),
        .optional("next", .int),
    ]

    /// An answer.
    public init(records: [AuditEntry], next: Int64?) {
        self.records = records
        self.next = next
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.records = object?["records"]?.elements?.map(AuditEntry.init(checked:)) ?? []
        self.next = object?["next"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("records", objects: self.records) { $0.writeMembers(to: &$1) }
        json.member("next", self.next)
    }
}
