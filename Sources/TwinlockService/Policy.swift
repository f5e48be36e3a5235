import TwinlockAccounts

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
