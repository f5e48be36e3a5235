/// Whether a sign-in asks for a second factor. Ordered from lenient to strict.
public enum SecondFactorDemand: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Of nobody, not even of those who have one.
    case off
    /// Of those who have one.
    case optional
    /// Of everybody: who has none is refused, or sets one up.
    case required

    /// Whether the left one is more lenient.
    public static func < (left: SecondFactorDemand, right: SecondFactorDemand) -> Bool {
        func strictness(_ demand: SecondFactorDemand) -> Int {
            switch demand {
            case .off: 0
            case .optional: 1
            case .required: 2
            }
        }
        return strictness(left) < strictness(right)
    }
}

/// What is known about a sign-in where rules are looked at.
public struct SignInCircumstances: Equatable, Sendable {
    /// Canonical account name; as given where the host does not know it.
    public var user: String
    /// Of the account, its own included; nil where the host was not asked, or does not answer.
    public var groups: [UInt32]?
    /// PAM service, or `varlink`.
    public var service: String
    /// As the login program told it; empty for this host.
    public var remoteHost: String

    /// Circumstances.
    public init(user: String, groups: [UInt32]?, service: String, remoteHost: String) {
        self.user = user
        self.groups = groups
        self.service = service
        self.remoteHost = remoteHost
    }
}

/// Whether a rule is about a sign-in.
public enum PolicyMatch: String, Hashable, Sendable, CaseIterable {
    /// Every condition holds.
    case yes
    /// One does not.
    case no
    /// None fails, but of one it is not known whether it holds.
    case unknown
}

/// A rule of the settings: for whom it is, and what it says. Pure.
public struct PolicyRule: Equatable, Sendable {
    /// As the settings call it.
    public var name: String

    /// PAM services; nil for all.
    public var services: [String]?
    /// Account names; nil for all.
    public var users: [String]?
    /// Account names that it is not for.
    public var exceptUsers: [String] = []
    /// Groups of which the account must have one; nil for all.
    public var groups: [UInt32]?
    /// Groups of which it must have none.
    public var exceptGroups: [UInt32] = []
    /// Where the sign-in must come from; nil for anywhere.
    public var networks: [Network]?

    /// Whether a second factor is asked for; nil if it says nothing about that.
    public var secondFactor: SecondFactorDemand?
    /// From when on it says what it says about the second factor; nil for always.
    public var starts: UnixSeconds?
    /// First factors that are accepted; nil if it says nothing about that.
    public var firstFactors: Set<Factor>?
    /// Whether a failed first factor is hidden; nil if it says nothing about that.
    public var hidesPasswordResult: Bool?
    /// Whether who must have a second factor and has none may set one up while he signs in; nil if it says nothing.
    public var allowsSetUp: Bool?

    /// A rule without conditions that says nothing.
    public init(name: String) {
        self.name = name
    }

    /// Whether it is about a sign-in.
    public func matches(_ sign: SignInCircumstances) -> PolicyMatch {
        let conditions: [Bool?] = [
            self.services.map { $0.contains { $0.hasSameBytes(as: sign.service) } } ?? true,
            self.users.map { $0.contains { $0.hasSameBytes(as: sign.user) } } ?? true,
            !self.exceptUsers.contains { $0.hasSameBytes(as: sign.user) },
            self.groups.map { wanted in sign.groups.map { $0.contains(where: wanted.contains) } } ?? true,
            self.exceptGroups.isEmpty ? true : sign.groups.map { !$0.contains(where: self.exceptGroups.contains) },
            self.networks.map { Self.isIn($0, sign.remoteHost) } ?? true,
        ]
        if conditions.contains(false) { return .no }
        return conditions.contains(nil) ? .unknown : .yes
    }

    /// What it says about the second factor at that moment.
    func secondFactor(at now: UnixSeconds) -> SecondFactorDemand? {
        self.starts.map { $0 <= now } ?? true ? self.secondFactor : nil
    }

    private static func isIn(_ networks: [Network], _ remoteHost: String) -> Bool? {
        let answers = networks.map { $0.contains(remoteHost) }
        if answers.contains(true) { return true }
        return answers.contains(nil) ? nil : false
    }
}
