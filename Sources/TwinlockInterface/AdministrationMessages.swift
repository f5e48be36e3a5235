public import TwinlockVarlink

/// Wrong codes from one place.
public struct FailedCodes: Message {
    /// A stable text: `host:`, `uid:`, `local:` or `tty:`, and which.
    public var source: String
    /// How many count, 1 to 100.
    public var count: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("source", .string(maximumBytes: 4096)),
        .required("count", .int),
    ]

    /// An answer.
    public init(source: String, count: Int64) {
        self.source = source
        self.count = count
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.source = object?["source"]?.string ?? ""
        self.count = object?["count"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("source", self.source)
        json.member("count", self.count)
    }
}

/// What `ShowAccount` answers.
public struct ShowAccountResult: Message {
    /// Canonical name; as given where the host does not know it.
    public var user: String
    /// By the host; nil where it does not know the name, or does not answer.
    public var uid: Int64?
    /// Whether a second factor is there for this name or this uid, but not for both together.
    public var parted: Bool
    /// What the daemon knows under this name or this uid, two at most.
    public var accounts: [GetStatusResult]
    /// Where the wrong codes that count came from.
    public var failedCodes: [FailedCodes]
    /// By how much its app's clock is ahead; nil without a second factor.
    public var clockSeconds: Int64?
    /// An administrator's recovery code is good until then, Unix seconds.
    public var issuedCodeUntil: Int64?
    /// Live ones, at most 1000 are counted.
    public var sessions: Int64
    /// Live ones.
    public var tokens: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .optional("uid", .int),
        .required("parted", .bool),
        .required("accounts", .array(.object(GetStatusResult.fields))),
        .required("failedCodes", .array(.object(FailedCodes.fields))),
        .optional("clockSeconds", .int),
        .optional("issuedCodeUntil", .int),
        .required("sessions", .int),
        .required("tokens", .int),
    ]

    /// An answer.
    public init(
        user: String,
        uid: Int64?,
        parted: Bool,
        accounts: [GetStatusResult],
        failedCodes: [FailedCodes],
        clockSeconds: Int64?,
        issuedCodeUntil: Int64?,
        sessions: Int64,
        tokens: Int64
    ) {
        self.user = user
        self.uid = uid
        self.parted = parted
        self.accounts = accounts
        self.failedCodes = failedCodes
        self.clockSeconds = clockSeconds
        self.issuedCodeUntil = issuedCodeUntil
        self.sessions = sessions
        self.tokens = tokens
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.uid = object?["uid"]?.integer
        self.parted = object?["parted"]?.bool ?? false
        self.accounts = object?["accounts"]?.elements?.map(GetStatusResult.init(checked:)) ?? []
        self.failedCodes = object?["failedCodes"]?.elements?.map(FailedCodes.init(checked:)) ?? []
        self.clockSeconds = object?["clockSeconds"]?.integer
        self.issuedCodeUntil = object?["issuedCodeUntil"]?.integer
        self.sessions = object?["sessions"]?.integer ?? 0
        self.tokens = object?["tokens"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("uid", self.uid)
        json.member("parted", self.parted)
        json.member("accounts", objects: self.accounts) { $0.write(to: &$1) }
        json.member("failedCodes", objects: self.failedCodes) { $0.write(to: &$1) }
        json.member("clockSeconds", self.clockSeconds)
        json.member("issuedCodeUntil", self.issuedCodeUntil)
        json.member("sessions", self.sessions)
        json.member("tokens", self.tokens)
    }
}

/// Parameters of `ConfirmSetUp` for another account.
public struct ConfirmSetUpForParameters: Message {
    /// Whose account.
    public var user: String
    /// As typed. Secret.
    public var code: SecretText
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .required("code", .secret(maximumBytes: 64)),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, code: SecretText, session: SecretText? = nil) {
        self.user = user
        self.code = code
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.code = object?["code"]?.secret ?? .empty
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("code", secret: self.code)
        json.member("session", secret: self.session)
    }
}

/// Parameters of `IssueRecoveryCode`.
public struct IssueRecoveryCodeParameters: Message {
    /// Whose account.
    public var user: String
    /// It is good for so long, 60 to 604800; unchecked. nil: an hour.
    public var seconds: Int64?
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .optional("seconds", .int),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, seconds: Int64? = nil, session: SecretText? = nil) {
        self.user = user
        self.seconds = seconds
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.seconds = object?["seconds"]?.integer
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("seconds", self.seconds)
        json.member("session", secret: self.session)
    }
}

/// What `IssueRecoveryCode` answers.
public struct IssueRecoveryCodeResult: Message {
    /// Two groups of five with a dash. Secret.
    public var recoveryCode: SecretText
    /// Unix seconds.
    public var expires: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("recoveryCode", .secret(maximumBytes: 16)),
        .required("expires", .int),
    ]

    /// An answer.
    public init(recoveryCode: SecretText, expires: Int64) {
        self.recoveryCode = recoveryCode
        self.expires = expires
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.recoveryCode = object?["recoveryCode"]?.secret ?? .empty
        self.expires = object?["expires"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("recoveryCode", secret: self.recoveryCode)
        json.member("expires", self.expires)
    }
}

/// Parameters of `Reset`.
public struct ResetParameters: Message {
    /// Whose account.
    public var user: String
    /// Whether sessions and tokens stay; nil: they do not.
    public var keepSessions: Bool?
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .optional("keepSessions", .bool),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, keepSessions: Bool? = nil, session: SecretText? = nil) {
        self.user = user
        self.keepSessions = keepSessions
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.keepSessions = object?["keepSessions"]?.bool
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("keepSessions", self.keepSessions)
        json.member("session", secret: self.session)
    }
}

/// What `Reset` answers.
public struct ResetResult: Message {
    /// Whether there was a second factor.
    public var wasEnabled: Bool

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("wasEnabled", .bool)
    ]

    /// An answer.
    public init(wasEnabled: Bool) {
        self.wasEnabled = wasEnabled
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.wasEnabled = object?["wasEnabled"]?.bool ?? false
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("wasEnabled", self.wasEnabled)
    }
}

/// Parameters of `Resynchronise`.
public struct ResynchroniseParameters: Message {
    /// Whose account.
    public var user: String
    /// A code as typed. Secret.
    public var first: SecretText
    /// The one after it. Secret.
    public var second: SecretText
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .required("first", .secret(maximumBytes: 64)),
        .required("second", .secret(maximumBytes: 64)),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, first: SecretText, second: SecretText, session: SecretText? = nil) {
        self.user = user
        self.first = first
        self.second = second
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.first = object?["first"]?.secret ?? .empty
        self.second = object?["second"]?.secret ?? .empty
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("first", secret: self.first)
        json.member("second", secret: self.second)
        json.member("session", secret: self.session)
    }
}

/// What `Resynchronise` answers.
public struct ResynchroniseResult: Message {
    /// By how much the app's clock is ahead.
    public var clockSeconds: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("clockSeconds", .int)
    ]

    /// An answer.
    public init(clockSeconds: Int64) {
        self.clockSeconds = clockSeconds
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.clockSeconds = object?["clockSeconds"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("clockSeconds", self.clockSeconds)
    }
}

/// What `Adopt` answers.
public struct AdoptResult: Message {
    /// The name that it had.
    public var formerUser: String
    /// The uid that it had.
    public var formerUid: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("formerUser", .string(maximumBytes: 256)),
        .required("formerUid", .int),
    ]

    /// An answer.
    public init(formerUser: String, formerUid: Int64) {
        self.formerUser = formerUser
        self.formerUid = formerUid
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.formerUser = object?["formerUser"]?.string ?? ""
        self.formerUid = object?["formerUid"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("formerUser", self.formerUser)
        json.member("formerUid", self.formerUid)
    }
}
