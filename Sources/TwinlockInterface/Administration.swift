public import TwinlockVarlink

/// `org.twinlock.Administration`: its methods, and the types that they exchange.
public enum Administration {
    /// The interface's name.
    public static let interface = "org.twinlock.Administration"

    /// How a part of the daemon is.
    public enum Condition: String, Sendable, CaseIterable {
        case working, failing
    }

    /// Tries what logins need.
    public enum GetHealth: Method {
        /// `org.twinlock.Administration.GetHealth`
        public static let name = "\(interface).GetHealth"
        /// What goes in.
        public typealias Parameters = AdministratorParameters
        /// What comes out.
        public typealias Result = GetHealthResult
    }

    /// Lists accounts, page by page.
    public enum ListAccounts: Method {
        /// `org.twinlock.Administration.ListAccounts`
        public static let name = "\(interface).ListAccounts"
        /// What goes in.
        public typealias Parameters = ListAccountsParameters
        /// What comes out, once or again and again.
        public typealias Result = ListAccountsResult
    }
}

/// Whose authority a call has, and nothing else.
public struct AdministratorParameters: Message {
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [.optional("session", .secret(maximumBytes: 4096))]

    /// Parameters for a call.
    public init(session: SecretText? = nil) {
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
    }
}

/// What `GetHealth` answers.
public struct GetHealthResult: Message {
    /// Of the daemon.
    public var version: String
    /// Since when it serves, Unix seconds.
    public var started: Int64
    /// By the daemon's clock, Unix seconds.
    public var time: Int64
    /// Whether something could be saved.
    public var store: Administration.Condition
    /// Whether the password checker answered.
    public var checker: Administration.Condition
    /// How far a rotation of the sealing key is that is not finished; nil where there is none.
    public var keyRotation: KeyRotationState?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("version", .string(maximumBytes: 64)),
        .required("started", .int),
        .required("time", .int),
        .required("store", .word(Administration.Condition.allCases.map(\.rawValue))),
        .required("checker", .word(Administration.Condition.allCases.map(\.rawValue))),
        .optional("keyRotation", .object(KeyRotationState.fields)),
    ]

    /// An answer.
    public init(
        version: String,
        started: Int64,
        time: Int64,
        store: Administration.Condition,
        checker: Administration.Condition,
        keyRotation: KeyRotationState? = nil
    ) {
        self.version = version
        self.started = started
        self.time = time
        self.store = store
        self.checker = checker
        self.keyRotation = keyRotation
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.version = object?["version"]?.string ?? ""
        self.started = object?["started"]?.integer ?? 0
        self.time = object?["time"]?.integer ?? 0
        self.store = object?["store"]?.string.flatMap(Administration.Condition.init) ?? .failing
        self.checker = object?["checker"]?.string.flatMap(Administration.Condition.init) ?? .failing
        let rotation = object?["keyRotation"]
        self.keyRotation = rotation?.members == nil ? nil : KeyRotationState(checked: rotation)
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("version", self.version)
        json.member("started", self.started)
        json.member("time", self.time)
        json.member("store", self.store.rawValue)
        json.member("checker", self.checker.rawValue)
        if let keyRotation {
            json.name("keyRotation")
            json.beginObject()
            keyRotation.write(to: &json)
            json.endObject()
        }
    }
}

/// Parameters of `ListAccounts`.
public struct ListAccountsParameters: Message {
    /// Begin behind this name.
    public var after: String?
    /// Accounts in one page, 1 through `maximumLimit`; unchecked.
    public var limit: Int64?
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// Accounts in one page at most: each takes less than 800 bytes, and a message 65536.
    public static let maximumLimit: Int64 = 64

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("after", .string(maximumBytes: 256)),
        .optional("limit", .int),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(after: String? = nil, limit: Int64? = nil, session: SecretText? = nil) {
        self.after = after
        self.limit = limit
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.after = object?["after"]?.string
        self.limit = object?["limit"]?.integer
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("after", self.after)
        json.member("limit", self.limit)
        json.member("session", secret: self.session)
    }
}

/// What `ListAccounts` answers.
public struct ListAccountsResult: Message {
    /// One page of accounts.
    public var accounts: [GetStatusResult]
    /// To go on with; nil in the last page.
    public var next: String?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("accounts", .array(.object(GetStatusResult.fields))),
        .optional("next", .string(maximumBytes: 256)),
    ]

    /// An answer.
    public init(accounts: [GetStatusResult], next: String?) {
        self.accounts = accounts
        self.next = next
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.accounts = object?["accounts"]?.elements?.map(GetStatusResult.init(checked:)) ?? []
        self.next = object?["next"]?.string
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("accounts", objects: self.accounts) { $0.write(to: &$1) }
        json.member("next", self.next)
    }
}
