public import TwinlockVarlink

// `org.twinlock.Account`: personal access tokens.

extension OwnAccount {
    /// Makes a token.
    public enum CreateToken: Method {
        /// `org.twinlock.Account.CreateToken`
        public static let name = "\(interface).CreateToken"
        /// What goes in.
        public typealias Parameters = CreateTokenParameters
        /// What comes out.
        public typealias Result = CreateTokenResult
    }

    /// Lists the account's tokens, never their values.
    public enum ListTokens: Method {
        /// `org.twinlock.Account.ListTokens`
        public static let name = "\(interface).ListTokens"
        /// What goes in.
        public typealias Parameters = ListParameters
        /// What comes out.
        public typealias Result = ListTokensResult
    }

    /// Changes a token, not its value.
    public enum EditToken: Method {
        /// `org.twinlock.Account.EditToken`
        public static let name = "\(interface).EditToken"
        /// What goes in.
        public typealias Parameters = EditTokenParameters
        /// What comes out.
        public typealias Result = Empty
    }

    /// Gives a token a new value.
    public enum RefreshToken: Method {
        /// `org.twinlock.Account.RefreshToken`
        public static let name = "\(interface).RefreshToken"
        /// What goes in.
        public typealias Parameters = TokenParameters
        /// What comes out.
        public typealias Result = RefreshTokenResult
    }

    /// Ends a token.
    public enum RevokeToken: Method {
        /// `org.twinlock.Account.RevokeToken`
        public static let name = "\(interface).RevokeToken"
        /// What goes in.
        public typealias Parameters = TokenParameters
        /// What comes out.
        public typealias Result = Empty
    }
}

/// Parameters of `CreateToken`.
public struct CreateTokenParameters: Message {
    /// What it is for.
    public var description: String
    /// Unix seconds.
    public var expires: Int64
    /// What it opens.
    public var groups: [String]
    /// What the sensitive call asks for.
    public var proof: SensitiveParameters

    /// As in the interface text.
    public static let fields: [Field] =
        [
            .required("description", .string(maximumBytes: 128)),
            .required("expires", .int),
            .required("groups", .array(.string(maximumBytes: 64))),
        ] + SensitiveParameters.fields

    /// Parameters for a call.
    public init(description: String, expires: Int64, groups: [String], proof: SensitiveParameters) {
        self.description = description
        self.expires = expires
        self.groups = groups
        self.proof = proof
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.description = object?["description"]?.string ?? ""
        self.expires = object?["expires"]?.integer ?? 0
        self.groups = object?["groups"]?.elements?.compactMap(\.string) ?? []
        self.proof = SensitiveParameters(checked: object)
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("description", self.description)
        json.member("expires", self.expires)
        json.member("groups", self.groups)
        self.proof.write(to: &json)
    }
}

/// What `CreateToken` answers.
public struct CreateTokenResult: Message {
    /// The name under which it is changed and ended; no secret.
    public var id: String
    /// The value, told this once. Secret.
    public var token: SecretText

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("id", .string(maximumBytes: 64)),
        .required("token", .secret(maximumBytes: 64)),
    ]

    /// An answer.
    public init(id: String, token: SecretText) {
        self.id = id
        self.token = token
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.token = object?["token"]?.secret ?? .empty
    }

    /// Writes both.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        json.member("token", secret: self.token)
    }
}

/// One token of an account.
public struct TokenEntry: Message, Equatable {
    /// The name under which it is changed and ended; no secret.
    public var id: String
    /// What it is for, in its owner's words.
    public var description: String
    /// What it opens.
    public var groups: [String]
    /// Unix seconds.
    public var created: Int64
    /// Unix seconds.
    public var expires: Int64
    /// Unix seconds, within the hour; nil if it was never used.
    public var lastUsed: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("id", .string(maximumBytes: 64)),
        .required("description", .string(maximumBytes: 128)),
        .required("groups", .array(.string(maximumBytes: 64))),
        .required("created", .int),
        .required("expires", .int),
        .optional("lastUsed", .int),
    ]

    /// An entry.
    public init(
        id: String,
        description: String,
        groups: [String],
        created: Int64,
        expires: Int64,
        lastUsed: Int64?
    ) {
        self.id = id
        self.description = description
        self.groups = groups
        self.created = created
        self.expires = expires
        self.lastUsed = lastUsed
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.description = object?["description"]?.string ?? ""
        self.groups = object?["groups"]?.elements?.compactMap(\.string) ?? []
        self.created = object?["created"]?.integer ?? 0
        self.expires = object?["expires"]?.integer ?? 0
        self.lastUsed = object?["lastUsed"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        json.member("description", self.description)
        json.member("groups", self.groups)
        json.member("created", self.created)
        json.member("expires", self.expires)
        json.member("lastUsed", self.lastUsed)
    }
}

/// What `ListTokens` answers.
public struct ListTokensResult: Message {
    /// A page.
    public var tokens: [TokenEntry]
    /// For `after` of the next page; nil on the last one.
    public var next: String?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("tokens", .array(.object(TokenEntry.fields))),
        .optional("next", .string(maximumBytes: 64)),
    ]

    /// An answer.
    public init(tokens: [TokenEntry], next: String?) {
        self.tokens = tokens
        self.next = next
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.tokens = object?["tokens"]?.elements?.map { TokenEntry(checked: $0) } ?? []
        self.next = object?["next"]?.string
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("tokens", self.tokens)
        json.member("next", self.next)
    }
}

/// Parameters of `EditToken`; what is nil stays.
public struct EditTokenParameters: Message {
    /// From `ListTokens`.
    public var id: String
    /// What it is for.
    public var description: String?
    /// Unix seconds.
    public var expires: Int64?
    /// What it opens.
    public var groups: [String]?
    /// What the sensitive call asks for.
    public var proof: SensitiveParameters

    /// As in the interface text.
    public static let fields: [Field] =
        [
            .required("id", .string(maximumBytes: 64)),
            .optional("description", .string(maximumBytes: 128)),
            .optional("expires", .int),
            .optional("groups", .array(.string(maximumBytes: 64))),
        ] + SensitiveParameters.fields

    /// Parameters for a call.
    public init(
        id: String,
        description: String? = nil,
        expires: Int64? = nil,
        groups: [String]? = nil,
        proof: SensitiveParameters
    ) {
        self.id = id
        self.description = description
        self.expires = expires
        self.groups = groups
        self.proof = proof
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.description = object?["description"]?.string
        self.expires = object?["expires"]?.integer
        self.groups = object?["groups"]?.elements?.compactMap(\.string)
        self.proof = SensitiveParameters(checked: object)
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        json.member("description", self.description)
        json.member("expires", self.expires)
        json.member("groups", self.groups)
        self.proof.write(to: &json)
    }
}

/// Parameters of sensitive calls about one token.
public struct TokenParameters: Message {
    /// From `ListTokens`.
    public var id: String
    /// What the sensitive call asks for.
    public var proof: SensitiveParameters

    /// As in the interface text.
    public static let fields: [Field] = [.required("id", .string(maximumBytes: 64))] + SensitiveParameters.fields

    /// Parameters for a call.
    public init(id: String, proof: SensitiveParameters) {
        self.id = id
        self.proof = proof
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.proof = SensitiveParameters(checked: object)
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        self.proof.write(to: &json)
    }
}

/// What `RefreshToken` answers.
public struct RefreshTokenResult: Message {
    /// The new value, told this once. Secret.
    public var token: SecretText

    /// As in the interface text.
    public static let fields: [Field] = [.required("token", .secret(maximumBytes: 64))]

    /// An answer.
    public init(token: SecretText) {
        self.token = token
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.token = object?["token"]?.secret ?? .empty
    }

    /// Writes it.
    public func write(to json: inout JSONWriter) {
        json.member("token", secret: self.token)
    }
}
