import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

/// Where an answer with password and code in one is taken apart, in bytes of the password.
private struct AnswerSplit {
    /// What the host is asked about. The whole answer where no code will be needed.
    let checked: Int
    /// What is told where the first factor had failed: for a name without a second factor as for one with the usual.
    let shown: Int
}

// `SignIn`, and answers that hold password and code in one.
extension TwinlockService {
    /// Length of the codes that this service sets up, for names that have none of their own.
    private static let usualDigits = 6

    func signIn(
        _ call: AuthorizedCall<SignInParameters, SignInSubject>
    ) async throws(Refusal) -> SignInResult {
        let origin = call.subject.origin
        guard call.parameters.combined == true else { return try await self.signInPlainly(call) }
        guard origin.purpose == .login else { throw .invalidParameter("combined") }
        guard let answer = call.parameters.password else { return try await self.signInPlainly(call) }
        let name = call.subject.givenName
        let split = try await self.carryingOut("SignIn", for: .name(name), origin: origin) {
            () async throws(Refusal) in
            try await self.split(answer, of: name, origin: origin)
        }
        var parameters = call.parameters
        parameters.password = answer.prefix(split.checked)
        var result = try await self.signInPlainly(call.with(parameters))
        result.passwordBytes = Int64(self.hasFailed(result) ? split.shown : split.checked)
        return result
    }

    /// Whether a sign-in that goes on does so for the sake of appearances.
    private func hasFailed(_ result: SignInResult) -> Bool {
        guard result.state == .codeRequired, let session = result.session,
            case .pretended = self.pendingSignIn(session)?.ground
        else { return false }
        return true
    }

    /// Takes a combined answer apart, by what is known of the name and by its own end: never by whether the password
    /// is right.
    ///
    /// The host is asked about every name alike, known or not.
    private func split(_ answer: SecretText, of name: String, origin: SignInOrigin) async throws(Refusal) -> AnswerSplit
    {
        func passwordBytes(_ digits: Int) -> Int {
            answer.withUnsafeBytes { CombinedAnswer.passwordBytes(of: $0, digits: digits) }
        }
        let usual = AnswerSplit(checked: answer.count, shown: passwordBytes(Self.usualDigits))
        guard UserName.isPlausible(name), !answer.hasPrefix(Self.tokenPrefix) else { return usual }
        let known = try await self.report(of: name, try await self.passwordFieldKey()).report
        guard let identity = known.identity,
            case .active(_, let credential) = try await self.enrolment(of: identity)
        else { return usual }
        let shown = passwordBytes(credential.secret.digits)
        let first = FirstFactorResult(
            outcome: .absent,
            identity: identity,
            groups: known.groups,
            reason: .firstFactorShown
        )
        let isAsked = self.demands(of: first, named: name, origin: origin).secondFactor != .off
        return AnswerSplit(checked: isAsked ? shown : answer.count, shown: shown)
    }
}
