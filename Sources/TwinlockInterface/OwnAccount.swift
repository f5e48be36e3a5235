public import TwinlockVarlink

/// `org.twinlock.Account`: its methods, and the types that they exchange.
public enum OwnAccount {
    /// The interface's name.
    public static let interface = "org.twinlock.Account"

    /// Tells how the account stands.
    public enum GetStatus: Method {
        /// `org.twinlock.Account.GetStatus`
        public static let name = "\(interface).GetStatus"
        /// What goes in.
        public typealias Parameters = GetStatusParameters
        /// What comes out.
        public typealias Result = GetStatusResult
    }

    /// Begins a set-up.
    public enum BeginSetUp: Method {
        /// `org.twinlock.Account.BeginSetUp`
        public static let name = "\(interface).BeginSetUp"
        /// What goes in.
        public typealias Parameters = SensitiveParameters
        /// What comes out.
        public typealias Result = BeginSetUpResult
    }

    /// Confirms a set-up.
    public enum ConfirmSetUp: Method {
        /// `org.twinlock.Account.ConfirmSetUp`
        public static let name = "\(interface).ConfirmSetUp"
        /// What goes in.
        public typealias Parameters = ConfirmSetUpParameters
        /// What comes out.
        public typealias Result = NewRecoveryCodesResult
    }

    /// Removes the second factor.
    public enum Disable: Method {
        /// `org.twinlock.Account.Disable`
        public static let name = "\(interface).Disable"
        /// What goes in.
        public typealias Parameters = SensitiveParameters
        /// What comes out.
        public typealias Result = Empty
    }
}

/// Parameters of `GetStatus`.
public struct GetStatusParameters: Message {
    /// Secret; nil for the caller's own uid.
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

/// What `GetStatus` answers.
public struct GetStatusResult: Message {
    /// Canonical account name.
    public var user: String
    /// Of the account.
    public var uid: Int64
    /// Whether a second factor is active.
    public var enabled: Bool
    /// Unix seconds.
    public var enabledAt: Int64?
    /// Whether a set-up waits for its first code.
    public var setUpBegun: Bool
    /// Wrong codes that count, 0 to 100.
    public var failedCodes: Int64
    /// Codes are refused for so long.
    public var waitSeconds: Int64?
    /// Codes are refused until the failures are cleared.
    public var exhausted: Bool
    /// Recovery codes that were not used; nil without any set of them.
    public var recoveryCodesLeft: Int64?
    /// Whether the person has said that they are saved; nil without any set of them.
    public var recoveryCodesAcknowledged: Bool?
    /// Whether it is not known which of them were used; nil without any set of them.
    public var recoveryCodesInDoubt: Bool?
    /// Until then the password alone disables or sets up again, Unix seconds.
    public var recoverySetUpUntil: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .required("uid", .int),
        .required("enabled", .bool),
        .optional("enabledAt", .int),
        .required("setUpBegun", .bool),
        .required("failedCodes", .int),
        .optional("waitSeconds", .int),
        .required("exhausted", .bool),
        .optional("recoveryCodesLeft", .int),
        .optional("recoveryCodesAcknowledged", .bool),
        .optional("recoveryCodesInDoubt", .bool),
        .optional("recoverySetUpUntil", .int),
    ]

    /// An answer.
    public init(
        user: String,
        uid: Int64,
        enabled: Bool,
        enabledAt: Int64?,
        setUpBegun: Bool,
        failedCodes: Int64,
        waitSeconds: Int64?,
        exhausted: Bool,
        recoveryCodesLeft: Int64? = nil,
        recoveryCodesAcknowledged: Bool? = nil,
        recoveryCodesInDoubt: Bool? = nil,
        recoverySetUpUntil: Int64? = nil
    ) {
        self.user = user
        self.uid = uid
        self.enabled = enabled
        self.enabledAt = enabledAt
        self.setUpBegun = setUpBegun
        self.failedCodes = failedCodes
        self.waitSeconds = waitSeconds
        self.exhausted = exhausted
        self.recoveryCodesLeft = recoveryCodesLeft
        self.recoveryCodesAcknowledged = recoveryCodesAcknowledged
        self.recoveryCodesInDoubt = recoveryCodesInDoubt
        self.recoverySetUpUntil = recoverySetUpUntil
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.uid = object?["uid"]?.integer ?? -1
        self.enabled = object?["enabled"]?.bool ?? false
        self.enabledAt = object?["enabledAt"]?.integer
        self.setUpBegun = object?["setUpBegun"]?.bool ?? false
        self.failedCodes = object?["failedCodes"]?.integer ?? 0
        self.waitSeconds = object?["waitSeconds"]?.integer
        self.exhausted = object?["exhausted"]?.bool ?? false
        self.recoveryCodesLeft = object?["recoveryCodesLeft"]?.integer
        self.recoveryCodesAcknowledged = object?["recoveryCodesAcknowledged"]?.bool
        self.recoveryCodesInDoubt = object?["recoveryCodesInDoubt"]?.bool
        self.recoverySetUpUntil = object?["recoverySetUpUntil"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("uid", self.uid)
        json.member("enabled", self.enabled)
        json.member("enabledAt", self.enabledAt)
        json.member("setUpBegun", self.setUpBegun)
        json.member("failedCodes", self.failedCodes)
        json.member("waitSeconds", self.waitSeconds)
        json.member("exhausted", self.exhausted)
        json.member("recoveryCodesLeft", self.recoveryCodesLeft)
        json.member("recoveryCodesAcknowledged", self.recoveryCodesAcknowledged)
        json.member("recoveryCodesInDoubt", self.recoveryCodesInDoubt)
        json.member("recoverySetUpUntil", self.recoverySetUpUntil)
    }
}

/// Parameters of a sensitive call: who, the password, and the second factor.
public struct SensitiveParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// Secret; nil for an account without a usable one.
    public var password: SecretText?
    /// A code or a recovery code as typed. Secret.
    public var code: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .optional("password", .secret(maximumBytes: 512)),
        .optional("code", .secret(maximumBytes: 64)),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, password: SecretText?, code: SecretText? = nil) {
        self.session = session
        self.password = password
        self.code = code
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.password = object?["password"]?.secret
        self.code = object?["code"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("password", secret: self.password)
        json.member("code", secret: self.code)
    }
}

/// What `BeginSetUp` answers.
public struct BeginSetUpResult: Message {
    /// Label in the app.
    public var account: String
    /// Label in the app.
    public var issuer: String
    /// Base32 (RFC 4648 §6) without padding. Secret.
    public var secret: SecretText
    /// The same as an `otpauth` URI. Secret.
    public var uri: SecretText
    /// SHA1, SHA256 or SHA512.
    public var algorithm: String
    /// Of a code.
    public var digits: Int64
    /// Seconds.
    public var period: Int64
    /// Unix seconds.
    public var expires: Int64

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("account", .string(maximumBytes: 256)),
        .required("issuer", .string(maximumBytes: 256)),
        .required("secret", .secret(maximumBytes: 256)),
        .required("uri", .secret(maximumBytes: 2048)),
        .required("algorithm", .string(maximumBytes: 16)),
        .required("digits", .int),
        .required("period", .int),
        .required("expires", .int),
    ]

    /// An answer.
    public init(
        account: String,
        issuer: String,
        secret: SecretText,
        uri: SecretText,
        algorithm: String,
        digits: Int64,
        period: Int64,
        expires: Int64
    ) {
        self.account = account
        self.issuer = issuer
        self.secret = secret
        self.uri = uri
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
        self.expires = expires
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.account = object?["account"]?.string ?? ""
        self.issuer = object?["issuer"]?.string ?? ""
        self.secret = object?["secret"]?.secret ?? .empty
        self.uri = object?["uri"]?.secret ?? .empty
        self.algorithm = object?["algorithm"]?.string ?? ""
        self.digits = object?["digits"]?.integer ?? 0
        self.period = object?["period"]?.integer ?? 0
        self.expires = object?["expires"]?.integer ?? 0
    }

    /// Writes all.
    public func write(to json: inout JSONWriter) {
        json.member("account", self.account)
        json.member("issuer", self.issuer)
        json.member("secret", secret: self.secret)
        json.member("uri", secret: self.uri)
        json.member("algorithm", self.algorithm)
        json.member("digits", self.digits)
        json.member("period", self.period)
        json.member("expires", self.expires)
    }
}

/// Parameters of `ConfirmSetUp`.
public struct ConfirmSetUpParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// As typed. Secret.
    public var code: SecretText

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .required("code", .secret(maximumBytes: 64)),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, code: SecretText) {
        self.session = session
        self.code = code
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.code = object?["code"]?.secret ?? .empty
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("code", secret: self.code)
    }
}
