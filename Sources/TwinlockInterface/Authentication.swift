public import TwinlockVarlink

/// `org.twinlock.Authentication`: its methods, and the types that they exchange.
public enum Authentication {
    /// The interface's name.
    public static let interface = "org.twinlock.Authentication"

    /// What a sign-in still needs. Closed from the first release on.
    public enum State: String, Sendable, CaseIterable {
        case signedIn, passwordRequired, codeRequired, setUpRequired
    }

    /// A factor that has been shown.
    public enum Factor: String, Sendable, CaseIterable {
        case password, publickey, code
    }

    /// What a sign-in is for.
    public enum Purpose: String, Sendable, CaseIterable {
        case session, login
    }

    /// Whether an account has a second factor.
    public enum SecondFactor: String, Sendable, CaseIterable {
        case verified, notEnrolled, exempt
    }

    /// Begins a sign-in.
    public enum SignIn: Method {
        /// `org.twinlock.Authentication.SignIn`
        public static let name = "\(interface).SignIn"
        /// What goes in.
        public typealias Parameters = SignInParameters
        /// What comes out.
        public typealias Result = SignInResult
    }

    /// Finishes a sign-in with a code.
    public enum Verify2FACode: Method {
        /// `org.twinlock.Authentication.Verify2FACode`
        public static let name = "\(interface).Verify2FACode"
        /// What goes in.
        public typealias Parameters = Verify2FACodeParameters
        /// What comes out.
        public typealias Result = SignInResult
    }

    /// Tells about a finished session.
    public enum GetSession: Method {
        /// `org.twinlock.Authentication.GetSession`
        public static let name = "\(interface).GetSession"
        /// What goes in.
        public typealias Parameters = SessionParameters
        /// What comes out.
        public typealias Result = GetSessionResult
    }

    /// Ends a session.
    public enum SignOut: Method {
        /// `org.twinlock.Authentication.SignOut`
        public static let name = "\(interface).SignOut"
        /// What goes in.
        public typealias Parameters = SessionParameters
        /// What comes out.
        public typealias Result = Empty
    }
}

/// Where a sign-in comes from, as the caller tells it: unchecked, believed from root alone.
public struct Context: Message {
    /// PAM service.
    public var service: String?
    /// Terminal.
    public var tty: String?
    /// Host name or address of the client.
    public var remoteHost: String?
    /// `getuid()` of the login program.
    public var realUid: Int64?
    /// What the sign-in is for.
    public var purpose: Authentication.Purpose?
    /// Factors that the caller has checked itself.
    public var passed: [Authentication.Factor]?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("service", .string(maximumBytes: 64)),
        .optional("tty", .string(maximumBytes: 64)),
        .optional("remoteHost", .string(maximumBytes: 255)),
        .optional("realUid", .int),
        .optional("purpose", .word(Authentication.Purpose.allCases.map(\.rawValue))),
        .optional("passed", .array(.word(Authentication.Factor.allCases.map(\.rawValue)))),
    ]

    /// A context that says nothing.
    public init() {}

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.service = object?["service"]?.string
        self.tty = object?["tty"]?.string
        self.remoteHost = object?["remoteHost"]?.string
        self.realUid = object?["realUid"]?.integer
        self.purpose = object?["purpose"]?.string.flatMap(Authentication.Purpose.init)
        self.passed = object?["passed"]?.elements?.compactMap { $0.string.flatMap(Authentication.Factor.init) }
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("service", self.service)
        json.member("tty", self.tty)
        json.member("remoteHost", self.remoteHost)
        json.member("realUid", self.realUid)
        json.member("purpose", self.purpose?.rawValue)
        if let passed = self.passed {
            json.member("passed", passed.map(\.rawValue))
        }
    }
}

/// Parameters of `SignIn`.
public struct SignInParameters: Message {
    /// Account name as the caller gave it, unchecked; nil for the caller's own.
    public var user: String?
    /// Secret.
    public var password: SecretText?
    /// Whether a code may stand right behind the password; for login programs alone.
    public var combined: Bool?
    /// Where it comes from.
    public var context: Context

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("user", .string(maximumBytes: 256)),
        .optional("password", .secret(maximumBytes: 512)),
        .optional("combined", .bool),
        .optional("context", .object(Context.fields)),
    ]

    /// Parameters for a call.
    public init(user: String?, password: SecretText?, combined: Bool? = nil, context: Context = Context()) {
        self.user = user
        self.password = password
        self.combined = combined
        self.context = context
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string
        self.password = object?["password"]?.secret
        self.combined = object?["combined"]?.bool
        self.context = Context(checked: object?["context"])
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("password", secret: self.password)
        json.member("combined", self.combined)
        json.name("context")
        json.beginObject()
        self.context.write(to: &json)
        json.endObject()
    }
}

/// Parameters of `Verify2FACode`.
public struct Verify2FACodeParameters: Message {
    /// The pending sign-in. Secret.
    public var session: SecretText
    /// As typed. Secret.
    public var code: SecretText

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("session", .secret(maximumBytes: 4096)),
        .required("code", .secret(maximumBytes: 64)),
    ]

    /// Parameters for a call.
    public init(session: SecretText, code: SecretText) {
        self.session = session
        self.code = code
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret ?? .empty
        self.code = object?["code"]?.secret ?? .empty
    }

    /// Writes both.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("code", secret: self.code)
    }
}

/// What `SignIn` and `Verify2FACode` answer.
public struct SignInResult: Message {
    /// What is next.
    public var state: Authentication.State
    /// Secret.
    public var session: SecretText?
    /// With `signedIn` the canonical name, otherwise as given.
    public var user: String
    /// With `signedIn`: the factors shown.
    public var factors: [Authentication.Factor]?
    /// With `signedIn`, to root and to login programs.
    public var secondFactor: Authentication.SecondFactor?
    /// With a session: its end, Unix seconds.
    public var expires: Int64?
    /// With `signedIn`: wrong codes from other sources that still count.
    public var failedCodes: Int64?
    /// With `signedIn` after a second factor: recovery codes that were not used.
    public var recoveryCodesLeft: Int64?
    /// With `signedIn` after a second factor: whether it was a recovery code.
    public var recoveryCodeUsed: Bool?
    /// With `codeRequired`, to login programs: text to show before the prompt, ASCII but for the QR code on a virtual
    /// console. Secret.
    public var message: SecretText?
    /// With `codeRequired`, to login programs: what to ask with.
    public var prompt: String?

    /// Bytes of the longest message: a set-up, or ten recovery codes, in words.
    public static let maximumMessageBytes = 4096
    /// Bytes of the longest prompt: a line of a terminal.
    public static let maximumPromptBytes = 80
    /// From `SignIn` with `combined`: how many bytes of the answer are the password.
    public var passwordBytes: Int64?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("state", .word(Authentication.State.allCases.map(\.rawValue))),
        .optional("session", .secret(maximumBytes: 4096)),
        .required("user", .string(maximumBytes: 256)),
        .optional("factors", .array(.word(Authentication.Factor.allCases.map(\.rawValue)))),
        .optional("secondFactor", .word(Authentication.SecondFactor.allCases.map(\.rawValue))),
        .optional("expires", .int),
        .optional("failedCodes", .int),
        .optional("recoveryCodesLeft", .int),
        .optional("recoveryCodeUsed", .bool),
        .optional("message", .secret(maximumBytes: Self.maximumMessageBytes)),
        .optional("prompt", .string(maximumBytes: Self.maximumPromptBytes)),
        .optional("passwordBytes", .int),
    ]

    /// An answer.
    public init(
        state: Authentication.State,
        session: SecretText? = nil,
        user: String,
        factors: [Authentication.Factor]? = nil,
        secondFactor: Authentication.SecondFactor? = nil,
        expires: Int64? = nil,
        failedCodes: Int64? = nil,
        recoveryCodesLeft: Int64? = nil,
        recoveryCodeUsed: Bool? = nil,
        message: SecretText? = nil,
        prompt: String? = nil,
        passwordBytes: Int64? = nil
    ) {
        self.state = state
        self.session = session
        self.user = user
        self.factors = factors
        self.secondFactor = secondFactor
        self.expires = expires
        self.failedCodes = failedCodes
        self.recoveryCodesLeft = recoveryCodesLeft
        self.recoveryCodeUsed = recoveryCodeUsed
        self.message = message
        self.prompt = prompt
        self.passwordBytes = passwordBytes
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.state = object?["state"]?.string.flatMap(Authentication.State.init) ?? .passwordRequired
        self.session = object?["session"]?.secret
        self.user = object?["user"]?.string ?? ""
        self.factors = object?["factors"]?.elements?.compactMap { $0.string.flatMap(Authentication.Factor.init) }
        self.secondFactor = object?["secondFactor"]?.string.flatMap(Authentication.SecondFactor.init)
        self.expires = object?["expires"]?.integer
        self.failedCodes = object?["failedCodes"]?.integer
        self.recoveryCodesLeft = object?["recoveryCodesLeft"]?.integer
        self.recoveryCodeUsed = object?["recoveryCodeUsed"]?.bool
        self.message = object?["message"]?.secret
        self.prompt = object?["prompt"]?.string
        self.passwordBytes = object?["passwordBytes"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("state", self.state.rawValue)
        json.member("session", secret: self.session)
        json.member("user", self.user)
        if let factors = self.factors {
            json.member("factors", factors.map(\.rawValue))
        }
        json.member("secondFactor", self.secondFactor?.rawValue)
        json.member("expires", self.expires)
        json.member("failedCodes", self.failedCodes)
        json.member("recoveryCodesLeft", self.recoveryCodesLeft)
        json.member("recoveryCodeUsed", self.recoveryCodeUsed)
        json.member("message", secret: self.message)
        json.member("prompt", self.prompt)
        json.member("passwordBytes", self.passwordBytes)
    }
}
