public import TwinlockVarlink

extension OwnAccount {
    /// Tells what was decided about the account.
    public enum GetLog: Method {
        /// `org.twinlock.Account.GetLog`
        public static let name = "\(interface).GetLog"
        /// What goes in.
        public typealias Parameters = GetLogParameters
        /// What comes out.
        public typealias Result = GetLogResult
    }

    /// Clears the failed codes that count against the account.
    public enum ClearFailures: Method {
        /// `org.twinlock.Account.ClearFailures`
        public static let name = "\(interface).ClearFailures"
        /// What goes in.
        public typealias Parameters = ClearFailuresParameters
        /// What comes out.
        public typealias Result = Empty
    }

    /// What became of a call.
    public enum Outcome: String, Sendable, CaseIterable {
        /// Yes, for good.
        case accepted
        /// No.
        case refused
        /// Yes so far: another step follows.
        case continued
    }
}

/// Parameters of `GetLog`.
public struct GetLogParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// `next` of the reply before; nil begins at the newest record.
    public var before: Int64?
    /// Records at most, 1 to 200; nil for 50.
    public var limit: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .optional("before", .int),
        .optional("limit", .int),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, before: Int64? = nil, limit: Int64? = nil) {
        self.session = session
        self.before = before
        self.limit = limit
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.before = object?["before"]?.integer
        self.limit = object?["limit"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("before", self.before)
        json.member("limit", self.limit)
    }
}

/// One decision, or several alike that followed each other closely.
public struct LogRecord: Equatable, Sendable, LogEntry {
    /// Unix seconds; of several the last.
    public var at: Int64
    /// Unix seconds; of several the first.
    public var firstAt: Int64
    /// How many decisions.
    public var count: Int64
    /// PAM service, or `varlink`.
    public var service: String
    /// Empty where there is none.
    public var remoteHost: String
    /// Empty where there is none.
    public var tty: String
    /// The uid that called.
    public var callerUid: Int64?
    /// The method's name without its interface, or another word.
    public var method: String
    /// What became of it.
    public var outcome: OwnAccount.Outcome
    /// Why, in a word that does not change.
    public var reason: String
    /// Why, for people.
    public var words: String

    /// As in the interface text. Bounds are those of what may be stored.
    static let fields: [Field] = [
        .required("at", .int),
        .required("firstAt", .int),
        .required("count", .int),
        .required("service", .string(maximumBytes: 4096)),
        .required("remoteHost", .string(maximumBytes: 4096)),
        .required("tty", .string(maximumBytes: 4096)),
        .optional("callerUid", .int),
        .required("method", .string(maximumBytes: 64)),
        .required("outcome", .word(OwnAccount.Outcome.allCases.map(\.rawValue))),
        .required("reason", .string(maximumBytes: 64)),
        .required("words", .string(maximumBytes: 256)),
    ]

    /// A record.
    public init(
        at: Int64,
        firstAt: Int64,
        count: Int64,
        service: String,
        remoteHost: String,
        tty: String,
        callerUid: Int64?,
        method: String,
        outcome: OwnAccount.Outcome,
        reason: String,
        words: String
    ) {
        self.at = at
        self.firstAt = firstAt
        self.count = count
        self.service = service
        self.remoteHost = remoteHost
        self.tty = tty
        self.callerUid = callerUid
        self.method = method
        self.outcome = outcome
        self.reason = reason
        self.words = words
    }

    init(checked object: JSONValue) {
        self.at = object["at"]?.integer ?? 0
        self.firstAt = object["firstAt"]?.integer ?? 0
        self.count = object["count"]?.integer ?? 1
        self.service = object["service"]?.string ?? ""
        self.remoteHost = object["remoteHost"]?.string ?? ""
        self.tty = object["tty"]?.string ?? ""
        self.callerUid = object["callerUid"]?.integer
        self.method = object["method"]?.string ?? ""
        self.outcome = (object["outcome"]?.string).flatMap(OwnAccount.Outcome.init(rawValue:)) ?? .refused
        self.reason = object["reason"]?.string ?? ""
        self.words = object["words"]?.string ?? ""
    }

    /// Writes the record as an object.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        self.writeMembers(to: &json)
        json.endObject()
    }

    func writeMembers(to json: inout JSONWriter) {
        json.member("at", self.at)
        json.member("firstAt", self.firstAt)
        json.member("count", self.count)
        json.member("service", self.service)
        json.member("remoteHost", self.remoteHost)
        json.member("tty", self.tty)
        json.member("callerUid", self.callerUid)
        json.member("method", self.method)
        json.member("outcome", self.outcome.rawValue)
        json.member("reason", self.reason)
        json.member("words", self.words)
    }
}

/// A decision as somebody is told it.
public protocol LogEntry {
    /// Writes it as an object.
    func write(to json: inout JSONWriter)
}

extension LogEntry {
    /// Bytes that it takes in a reply, the comma behind it included.
    public var encodedBytes: Int {
        let frame = Frame()
        var json = JSONWriter(into: frame)
        self.write(to: &json)
        return frame.count + 1
    }
}

/// What `GetLog` answers.
public struct GetLogResult: Message {
    /// The newest first.
    public var records: [LogRecord]
    /// `before` of the call that goes on; nil at the end.
    public var next: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("records", .array(.object(LogRecord.fields))),
        .optional("next", .int),
    ]

    /// An answer.
    public init(records: [LogRecord], next: Int64?) {
        self.records = records
        self.next = next
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.records = (object?["records"]?.elements ?? []).map(LogRecord.init(checked:))
        self.next = object?["next"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.name("records")
        json.beginArray()
        for record in self.records {
            record.write(to: &json)
        }
        json.endArray()
        json.member("next", self.next)
    }
}

/// Parameters of `ClearFailures`.
public struct ClearFailuresParameters: Message {
    /// With both factors, of any age. Secret.
    public var session: SecretText
    /// Secret.
    public var password: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("session", .secret(maximumBytes: 4096)),
        .optional("password", .secret(maximumBytes: 512)),
    ]

    /// Parameters for a call.
    public init(session: SecretText, password: SecretText?) {
        self.session = session
        self.password = password
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret ?? .empty
        self.password = object?["password"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("password", secret: self.password)
    }
}
