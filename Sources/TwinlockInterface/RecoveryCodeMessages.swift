public import TwinlockVarlink

extension OwnAccount {
    /// Shows the recovery codes again.
    public enum ViewRecoveryCodes: Method {
        /// `org.twinlock.Account.ViewRecoveryCodes`
        public static let name = "\(interface).ViewRecoveryCodes"
        /// What goes in.
        public typealias Parameters = SensitiveParameters
        /// What comes out.
        public typealias Result = ViewRecoveryCodesResult
    }

    /// Makes new recovery codes.
    public enum RegenerateRecoveryCodes: Method {
        /// `org.twinlock.Account.RegenerateRecoveryCodes`
        public static let name = "\(interface).RegenerateRecoveryCodes"
        /// What goes in.
        public typealias Parameters = SensitiveParameters
        /// What comes out.
        public typealias Result = NewRecoveryCodesResult
    }

    /// Says that the recovery codes are saved.
    public enum AcknowledgeRecoveryCodes: Method {
        /// `org.twinlock.Account.AcknowledgeRecoveryCodes`
        public static let name = "\(interface).AcknowledgeRecoveryCodes"
        /// What goes in.
        public typealias Parameters = AcknowledgeRecoveryCodesParameters
        /// What comes out.
        public typealias Result = Empty
    }
}

/// A recovery code as it is shown again.
public struct ShownRecoveryCode: Message {
    /// Two groups of five with a dash. Secret.
    public var code: SecretText
    /// When it was used, Unix seconds; nil if it was not.
    public var usedAt: Int64?
    /// With `usedAt`: the service that it was used for.
    public var usedService: String?
    /// With `usedAt`: where from; nil if local.
    public var usedHost: String?

    /// Longest text of a code, bytes.
    static let maximumBytes = 16

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("code", .secret(maximumBytes: Self.maximumBytes)),
        .optional("usedAt", .int),
        .optional("usedService", .string(maximumBytes: 64)),
        .optional("usedHost", .string(maximumBytes: 255)),
    ]

    /// A code for an answer.
    public init(code: SecretText, usedAt: Int64? = nil, usedService: String? = nil, usedHost: String? = nil) {
        self.code = code
        self.usedAt = usedAt
        self.usedService = usedService
        self.usedHost = usedHost
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.code = object?["code"]?.secret ?? .empty
        self.usedAt = object?["usedAt"]?.integer
        self.usedService = object?["usedService"]?.string
        self.usedHost = object?["usedHost"]?.string
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("code", secret: self.code)
        json.member("usedAt", self.usedAt)
        json.member("usedService", self.usedService)
        json.member("usedHost", self.usedHost)
    }
}

/// What `ViewRecoveryCodes` answers.
public struct ViewRecoveryCodesResult: Message {
    /// All of them, used ones too; none if the account is from before there were any.
    public var recoveryCodes: [ShownRecoveryCode]
    /// When they were made, Unix seconds.
    public var issuedAt: Int64?
    /// Whether the person has said that they are saved.
    public var acknowledged: Bool

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("recoveryCodes", .array(.object(ShownRecoveryCode.fields))),
        .optional("issuedAt", .int),
        .required("acknowledged", .bool),
    ]

    /// An answer.
    public init(recoveryCodes: [ShownRecoveryCode], issuedAt: Int64?, acknowledged: Bool) {
        self.recoveryCodes = recoveryCodes
        self.issuedAt = issuedAt
        self.acknowledged = acknowledged
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.recoveryCodes = object?["recoveryCodes"]?.elements?.map(ShownRecoveryCode.init(checked:)) ?? []
        self.issuedAt = object?["issuedAt"]?.integer
        self.acknowledged = object?["acknowledged"]?.bool ?? false
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.name("recoveryCodes")
        json.beginArray()
        for code in self.recoveryCodes {
            json.beginObject()
            code.write(to: &json)
            json.endObject()
        }
        json.endArray()
        json.member("issuedAt", self.issuedAt)
        json.member("acknowledged", self.acknowledged)
    }
}

/// What `ConfirmSetUp` and `RegenerateRecoveryCodes` answer.
public struct NewRecoveryCodesResult: Message {
    /// Two groups of five with a dash each. Secret.
    public var recoveryCodes: [SecretText]
    /// When they were made, Unix seconds.
    public var issuedAt: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("recoveryCodes", .array(.secret(maximumBytes: ShownRecoveryCode.maximumBytes))),
        .required("issuedAt", .int),
    ]

    /// An answer.
    public init(recoveryCodes: [SecretText], issuedAt: Int64) {
        self.recoveryCodes = recoveryCodes
        self.issuedAt = issuedAt
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.recoveryCodes = object?["recoveryCodes"]?.elements?.compactMap(\.secret) ?? []
        self.issuedAt = object?["issuedAt"]?.integer ?? 0
    }

    /// Writes both.
    public func write(to json: inout JSONWriter) {
        json.name("recoveryCodes")
        json.beginArray()
        for code in self.recoveryCodes { json.secret(code) }
        json.endArray()
        json.member("issuedAt", self.issuedAt)
    }
}

/// Parameters of `AcknowledgeRecoveryCodes`.
public struct AcknowledgeRecoveryCodesParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// Of the codes that are saved, Unix seconds.
    public var issuedAt: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .required("issuedAt", .int),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, issuedAt: Int64) {
        self.session = session
        self.issuedAt = issuedAt
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.issuedAt = object?["issuedAt"]?.integer ?? 0
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("issuedAt", self.issuedAt)
    }
}
