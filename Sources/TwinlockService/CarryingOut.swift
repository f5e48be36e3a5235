import TwinlockAccounts
import TwinlockInterface

extension TwinlockService {
    /// Does a part of what leads to a decision. Where that cannot be done, the decision is no: it is recorded here, and
    /// the error goes on.
    func carryingOut<Outcome>(
        _ method: StaticString,
        for subject: DecisionSubject,
        origin: SignInOrigin,
        _ work: () async throws(Refusal) -> Outcome
    ) async throws(Refusal) -> Outcome {
        do {
            return try await work()
        } catch {
            switch error {
            case .named(.unavailable):
                self.log.decision(method, .refused, .notCarriedOut, about: subject, origin: origin)
            case .named(.signInAgain):
                self.log.decision(method, .refused, .factorChanged, about: subject, origin: origin)
            case .named, .permissionDenied, .invalidParameter:
                // Whoever says this has decided, and recorded it.
                break
            }
            throw error
        }
    }
}
