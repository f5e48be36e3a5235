/// What is asked of one sign-in.
public struct SignInDemands: Equatable, Sendable {
    /// Whether a second factor is asked for.
    public var secondFactor: SecondFactorDemand
    /// First factors that are accepted; none: nobody gets in.
    public var firstFactors: Set<Factor>
    /// Whether a failed first factor is hidden behind a prompt for a code.
    public var hidesPasswordResult: Bool
    /// Whether who must have a second factor and has none may set one up while he signs in.
    public var allowsSetUp: Bool
    /// Demands.
    public init(
        secondFactor: SecondFactorDemand = .optional,
        firstFactors: Set<Factor> = [.password],
        hidesPasswordResult: Bool = true,
        allowsSetUp: Bool = false
    ) {
        self.secondFactor = secondFactor
        self.firstFactors = firstFactors
        self.hidesPasswordResult = hidesPasswordResult
        self.allowsSetUp = allowsSetUp
    }
}

/// What the settings ask of sign-ins. Pure: no clock, no host, no store.
///
/// **Order.** Of all rules that match the strictest decides, each point for itself; where no rule that matches says
/// anything about a point, the defaults do. So the order in which rules are written means nothing, and no rule undoes
/// what another one asks; an exception is a condition of the rule itself.
///
/// **Doubt.** Where it is not known whether a rule matches, because the host does not tell groups or a login program gives
/// a name in place of an address, the strictest answer that could be right is taken.
public struct SignInPolicy: Equatable, Sendable {
    /// Where no rule says anything about it.
    public var secondFactor = SecondFactorDemand.optional
    /// Services for which a public key, checked by the login program, is a first factor, unless a rule says otherwise. The
    /// password always is.
    public var publicKeyServices = ["sshd"]
    /// Where no rule says anything about it.
    public var hidesPasswordResult = true
    /// Where no rule says anything about it.
    public var allowsSetUp = false
    /// The rules, in any order.
    public var rules: [PolicyRule] = []

    /// The defaults, and no rules.
    public init() {}

    /// What is asked of a sign-in at that moment.
    public func demands(of sign: SignInCircumstances, at now: UnixSeconds) -> SignInDemands {
        let matches = self.rules.map { (rule: $0, match: $0.matches(sign)) }.filter { $0.match != .no }
        let keyIsOne = self.publicKeyServices.contains { $0.hasSameBytes(as: sign.service) }
        return SignInDemands(
            secondFactor: Self.strictest(matches, or: self.secondFactor, by: max) { $0.secondFactor(at: now) },
            firstFactors: Self.strictest(
                matches,
                or: keyIsOne ? [.password, .publickey] : [.password],
                by: { $0.intersection($1) },
                of: \.firstFactors
            ),
            hidesPasswordResult: Self.strictest(
                matches,
                or: self.hidesPasswordResult,
                by: { $0 || $1 },
                of: \.hidesPasswordResult
            ),
            allowsSetUp: Self.strictest(matches, or: self.allowsSetUp, by: { $0 && $1 }, of: \.allowsSetUp)
        )
    }

    /// Whether a rule is about a sign-in, and whether the demands are what it says about any point.
    public func outcome(
        of rule: PolicyRule,
        for sign: SignInCircumstances,
        at now: UnixSeconds
    ) -> (match: PolicyMatch, decides: Bool) {
        let match = rule.matches(sign)
        guard match != .no else { return (match, false) }
        let demands = self.demands(of: sign, at: now)
        let decides =
            rule.secondFactor(at: now) == demands.secondFactor || rule.firstFactors == demands.firstFactors
            || rule.hidesPasswordResult == demands.hidesPasswordResult || rule.allowsSetUp == demands.allowsSetUp
        return (match, decides)
    }

    /// From when on a second factor will be required of an account somewhere, by whatever service and from wherever; nil if
    /// no rule surely says so for a day that is still to come.
    public func requiredFrom(user: String, groups: [UInt32], at now: UnixSeconds) -> UnixSeconds? {
        let coming = self.rules.filter { $0.secondFactor == .required && $0.starts.map { now < $0 } ?? false }
        return coming.filter { rule in
            var anywhere = rule
            anywhere.services = nil
            anywhere.networks = nil
            let circumstances = SignInCircumstances(user: user, groups: groups, service: "", remoteHost: "")
            return anywhere.matches(circumstances) == .yes
        }.compactMap(\.starts).min()
    }

    /// The strictest of what rules say about one point, and of the default where that could hold.
    private static func strictest<Value>(
        _ matches: [(rule: PolicyRule, match: PolicyMatch)],
        or usual: Value,
        by stricter: (Value, Value) -> Value,
        of point: (PolicyRule) -> Value?
    ) -> Value {
        let sure = matches.filter { $0.match == .yes }.compactMap { point($0.rule) }
        let perhaps = matches.filter { $0.match == .unknown }.compactMap { point($0.rule) }
        let said = sure + perhaps
        return sure.isEmpty ? said.reduce(usual, stricter) : said.dropFirst().reduce(said[0], stricter)
    }
}
