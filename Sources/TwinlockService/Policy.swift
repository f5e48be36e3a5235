import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

// What the settings ask of a sign-in, and why it was decided so.
extension TwinlockService {
    /// What policy asks of a sign-in, by what is known of it.
    func demands(of first: FirstFactorResult, named name: String, origin: SignInOrigin) -> SignInDemands {
        let circumstances = SignInCircumstances(
            user: first.identity?.name ?? name,
            groups: first.groups,
            service: origin.service,
            remoteHost: origin.remoteHost
        )
        return self.policy.signIn.demands(of: circumstances, at: self.surroundings.now())
    }

    /// Whether a failed first factor is hidden there: for everybody alike, or the answer would tell who somebody is.
    func hidesPasswordResult(_ origin: SignInOrigin) -> Bool {
        let circumstances = SignInCircumstances(
            user: "",
            groups: nil,
            service: origin.service,
            remoteHost: origin.remoteHost
        )
        return self.policy.signIn.demands(of: circumstances, at: self.surroundings.now()).hidesPasswordResult
    }
}

extension TwinlockService {
    /// `ExplainPolicy`: the same questions as a sign-in's, without one.
    func explainPolicy(
        _ call: AuthorizedCall<ExplainPolicyParameters, Administrator>
    ) async throws(Refusal) -> ExplainPolicyResult {
        let parameters = call.parameters
        let account = try await self.account(named: parameters.user, for: call.subject, "ExplainPolicy")
        var groups: [UInt32]?
        if let host = account.host {
            groups = try? await self.report(of: host.name, try await self.passwordFieldKey()).report.groups
        }
        let circumstances = SignInCircumstances(
            user: account.host?.name ?? parameters.user,
            groups: groups,
            service: parameters.service,
            remoteHost: parameters.remoteHost ?? ""
        )
        let (policy, now) = (self.policy.signIn, self.surroundings.now())
        let demands = policy.demands(of: circumstances, at: now)
        return ExplainPolicyResult(
            secondFactor: .init(demands.secondFactor),
            firstFactors: Administration.FirstFactor.allCases.filter { factor in
                demands.firstFactors.contains { $0.rawValue == factor.rawValue }
            },
            hidePasswordResult: demands.hidesPasswordResult,
            setUp: demands.allowsSetUp,
            groupsKnown: groups != nil,
            rules: policy.rules.map { rule in
                let outcome = policy.outcome(of: rule, for: circumstances, at: now)
                return RuleOutcome(
                    name: rule.name,
                    match: .init(outcome.match),
                    decides: outcome.decides,
                    secondFactor: rule.secondFactor.map { .init($0) },
                    starts: rule.starts?.value
                )
            }
        )
    }
}

extension Administration.SecondFactorDemand {
    fileprivate init(_ demand: SecondFactorDemand) {
        switch demand {
        case .off: self = .off
        case .optional: self = .optional
        case .required: self = .required
        }
    }
}

extension Administration.RuleMatch {
    fileprivate init(_ match: PolicyMatch) {
        switch match {
        case .yes: self = .yes
        case .no: self = .no
        case .unknown: self = .unknown
        }
    }
}

extension FirstFactorResult {
    /// Makes it a failure, because policy does not accept what was shown.
    mutating func reject(_ reason: DecisionLog.Reason) {
        guard case .shown = self.outcome else { return }
        self.outcome = .failed
        self.reason = reason
    }

    /// Takes policy's reason for what was made of a first factor that was right.
    mutating func explain(_ step: SignInStep, _ demands: SignInDemands) {
        switch (step, self.outcome) {
        case (.admitExempt, _):
            self.reason = .exempt
        case (.pretend, .shown(let check, .none)), (.refuse, .shown(let check, .none)):
            if check.admits, demands.secondFactor == .required { self.reason = .secondFactorMissing }
        default:
            break
        }
    }
}
