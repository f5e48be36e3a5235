public import TwinlockVarlink

/// Parameters of methods that take a session alone.
public struct SessionParameters: Message {
    /// Secret.
    public var session: SecretText

    /// As in the interface text.
    public static let fields: [Field] = [.required("session", .secret(maximumBytes: 4096))]

    /// Parameters for a call.
    public init(session: SecretText) {
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret ?? .empty
    }

    /// Writes it.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
    }
}

/// What `GetSession` answers.
public struct GetSessionResult: Message {
    /// Canonical account name.
    public var user: String
    /// Of the account.
    public var uid: Int64
    /// Shown at sign-in; none with a token.
    public var factors: [Authentication.Factor]
    /// That signed in; empty with a token.
    public var service: String
    /// Unix seconds.
    public var created: Int64
    /// Unix seconds.
    public var expires: Int64
    /// Whether it is a token; nil for a session.
    public var token: Bool?
    /// With a token: the groups that it opens.
    public var groups: [String]?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .required("uid", .int),
        .required("factors", .array(.word(Authentication.Factor.allCases.map(\.rawValue)))),
        .required("service", .string(maximumBytes: 64)),
        .required("created", .int),
        .required("expires", .int),
        .optional("token", .bool),
        .optional("groups", .array(.string(maximumBytes: 64))),
    ]

    /// An answer.
    public init(
        user: String,
        uid: Int64,
        factors: [Authentication.Factor],
        service: String,
        created: Int64,
        expires: Int64,
        token: Bool? = nil,
        groups: [String]? = nil
    ) {
        self.user = user
        self.uid = uid
        self.factors = factors
        self.service = service
        self.created = created
        self.expires = expires
        self.token = token
        self.groups = groups
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.uid = object?["uid"]?.integer ?? -1
        self.factors = object?["factors"]?.elements?.compactMap { $0.string.flatMap(Authentication.Factor.init) } ?? []
        self.service = object?["service"]?.string ?? ""
        self.created = object?["created"]?.integer ?? 0
        self.expires = object?["expires"]?.integer ?? 0
        self.token = object?["token"]?.bool
        self.groups = object?["groups"]?.elements?.compactMap(\.string)
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("uid", self.uid)
        json.member("factors", self.factors.map(\.rawValue))
        json.member("service", self.service)
        json.member("created", self.created)
        json.member("expires", self.expires)
        json.member("token", self.token)
        json.member("groups", self.groups)
    }
}
