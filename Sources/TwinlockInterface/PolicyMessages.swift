public import TwinlockVarlink

extension Administration {
    /// Whether a sign-in asks for a second factor.
    public enum SecondFactorDemand: String, Sendable, CaseIterable {
        case off, optional, required
    }

    /// A first factor that a sign-in may be begun with.
    public enum FirstFactor: String, Sendable, CaseIterable {
        case password, publickey
    }

    /// Whether a rule of the settings is about a sign-in.
    public enum RuleMatch: String, Sendable, CaseIterable {
        case yes, no, unknown
    }

    /// Tells what policy asks of a sign-in, and which rules say so.
    public enum ExplainPolicy: Method {
        /// `org.twinlock.Administration.ExplainPolicy`
        public static let name = "\(interface).ExplainPolicy"
        /// What goes in.
        public typealias Parameters = ExplainPolicyParameters
        /// What comes out.
        public typealias Result = ExplainPolicyResult
    }
}

/// Parameters of `ExplainPolicy`.
public struct ExplainPolicyParameters: Message {
    /// Whose sign-in.
    public var user: String
    /// PAM service, or `varlink`.
    public var service: String
    /// nil: this host.
    public var remoteHost: String?
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .required("service", .string(maximumBytes: 64)),
        .optional("remoteHost", .string(maximumBytes: 255)),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, service: String, remoteHost: String? = nil, session: SecretText? = nil) {
        self.user = user
        self.service = service
        self.remoteHost = remoteHost
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.service = object?["service"]?.string ?? ""
        self.remoteHost = object?["remoteHost"]?.string
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("service", self.service)
        json.member("remoteHost", self.remoteHost)
        json.member("session", secret: self.session)
    }
}

/// A rule of the settings, and whether it is about the sign-in.
public struct RuleOutcome: Equatable, Sendable {
    /// In the settings.
    public var name: String
    /// Whether it is.
    public var match: Administration.RuleMatch
    /// Whether the answer is what it says, about whatever point.
    public var decides: Bool
    /// What it says about the second factor.
    public var secondFactor: Administration.SecondFactorDemand?
    /// Unix seconds: says nothing about the second factor before.
    public var starts: Int64?

    /// As in the interface text.
    static let fields: [Field] = [
        .required("name", .string(maximumBytes: 256)),
        .required("match", .word(Administration.RuleMatch.allCases.map(\.rawValue))),
        .required("decides", .bool),
        .optional("secondFactor", .word(Administration.SecondFactorDemand.allCases.map(\.rawValue))),
        .optional("starts", .int),
    ]

    /// An outcome.
    public init(
        name: String,
        match: Administration.RuleMatch,
        decides: Bool,
        secondFactor: Administration.SecondFactorDemand?,
        starts: Int64?
    ) {
        self.name = name
        self.match = match
        self.decides = decides
        self.secondFactor = secondFactor
        self.starts = starts
    }

    init(checked object: JSONValue) {
        self.name = object["name"]?.string ?? ""
        self.match = object["match"]?.string.flatMap(Administration.RuleMatch.init) ?? .unknown
        self.decides = object["decides"]?.bool ?? false
        self.secondFactor = object["secondFactor"]?.string.flatMap(Administration.SecondFactorDemand.init)
        self.starts = object["starts"]?.integer
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("name", self.name)
        json.member("match", self.match.rawValue)
        json.member("decides", self.decides)
        json.member("secondFactor", self.secondFactor?.rawValue)
        json.member("starts", self.starts)
    }
}

/// What `ExplainPolicy` answers.
public struct ExplainPolicyResult: Message {
    /// Whether a second factor is asked for.
    public var secondFactor: Administration.SecondFactorDemand
    /// With what the sign-in may begin.
    public var firstFactors: [Administration.FirstFactor]
    /// Whether a wrong password is hidden.
    public var hidePasswordResult: Bool
    /// Whether a second factor may be set up on the way.
    public var setUp: Bool
    /// Whether the host told the account's groups.
    public var groupsKnown: Bool
    /// All of the settings.
    public var rules: [RuleOutcome]

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("secondFactor", .word(Administration.SecondFactorDemand.allCases.map(\.rawValue))),
        .required("firstFactors", .array(.word(Administration.FirstFactor.allCases.map(\.rawValue)))),
        .required("hidePasswordResult", .bool),
        .required("setUp", .bool),
        .required("groupsKnown", .bool),
        .required("rules", .array(.object(RuleOutcome.fields))),
    ]

    /// An answer.
    public init(
        secondFactor: Administration.SecondFactorDemand,
        firstFactors: [Administration.FirstFactor],
        hidePasswordResult: Bool,
        setUp: Bool,
        groupsKnown: Bool,
        rules: [RuleOutcome]
    ) {
        self.secondFactor = secondFactor
        self.firstFactors = firstFactors
        self.hidePasswordResult = hidePasswordResult
        self.setUp = setUp
        self.groupsKnown = groupsKnown
        self.rules = rules
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.secondFactor =
            object?["secondFactor"]?.string.flatMap(Administration.SecondFactorDemand.init) ?? .required
        self.firstFactors =
            object?["firstFactors"]?.elements?.compactMap { $0.string.flatMap(Administration.FirstFactor.init) } ?? []
        self.hidePasswordResult = object?["hidePasswordResult"]?.bool ?? true
        self.setUp = object?["setUp"]?.bool ?? false
        self.groupsKnown = object?["groupsKnown"]?.bool ?? false
        self.rules = object?["rules"]?.elements?.map(RuleOutcome.init(checked:)) ?? []
    }

    /// Writes all.
    public func write(to json: inout JSONWriter) {
        json.member("secondFactor", self.secondFactor.rawValue)
        json.member("firstFactors", self.firstFactors.map(\.rawValue))
        json.member("hidePasswordResult", self.hidePasswordResult)
        json.member("setUp", self.setUp)
        json.member("groupsKnown", self.groupsKnown)
        json.member("rules", objects: self.rules) { $0.write(to: &$1) }
    }
}
