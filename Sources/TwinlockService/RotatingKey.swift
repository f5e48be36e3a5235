import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

// `RotateKey`: a new sealing key, and everything sealed anew with it.
extension TwinlockService {
    /// Between two replies that tell how far it is.
    private static let telling = Duration.milliseconds(200)

    func rotateKey(
        _ call: AuthorizedCall<Empty, Administrator>,
        _ replies: Replies<RotateKeyResult>
    ) async throws(Refusal) -> RotateKeyResult {
        let began = try await self.beginRotation(origin: call.subject.origin)
        var told: KeyRotation.Progress?
        while true {
            let progress = await self.rotation.progress ?? KeyRotation.Progress()
            let result = RotateKeyResult(began: began, rotation: KeyRotationState(progress))
            guard replies.areWelcome, !progress.isFinished, !self.rotation.isStopped else { return result }
            if progress != told {
                // It goes on without a reader.
                guard await replies.send(result) else { return result }
                told = progress
            }
            await self.surroundings.pause(Self.telling)
        }
    }

    /// Goes on with a rotation that was under way when the daemon ended. At the start, once.
    public func resumeKeyRotation() async {
        guard await self.rotation.resume() else { return }
        self.log.failure("the rotation of the sealing key was not finished: going on")
        // Root alone begins one.
        let root = Peer(uid: 0, gid: 0, groups: [], pid: 0)
        self.carryOutRotation(origin: SignInOrigin(own: root))
    }

    /// How far a rotation is that is not finished.
    func unfinishedRotation() async -> KeyRotationState? {
        guard let progress = await self.rotation.progress, !progress.isFinished else { return nil }
        return KeyRotationState(progress)
    }

    private func beginRotation(origin: SignInOrigin) async throws(Refusal) -> Bool {
        do {
            guard try await self.rotation.begin() else { return false }
        } catch {
            switch error {
            case .isCredential:
                self.log.decision("RotateKey", .refused, .keyIsCredential, about: .everybody, origin: origin)
                throw .named(.keyIsCredential)
            case .failed(let reason):
                self.log.failure("replacing the sealing key: \(reason)")
                self.log.decision("RotateKey", .refused, .notCarriedOut, about: .everybody, origin: origin)
                throw .named(.unavailable)
            }
        }
        self.log.decision("RotateKey", .continued, .keyRotationBegun, about: .everybody, origin: origin)
        // Whoever is told of a rotation finds it on record, whatever becomes of the daemon meanwhile.
        await self.finishRecords()
        self.carryOutRotation(origin: origin)
        return true
    }

    private func carryOutRotation(origin: SignInOrigin) {
        self.background.run {
            guard let outcome = await self.rotation.run() else { return }
            self.log.decision(
                "RotateKey",
                .accepted,
                .keyRotated,
                about: .everybody,
                origin: origin,
                detail: outcome.unreadable > 0 ? "\(outcome.unreadable) values that no key opens were left" : nil
            )
        }
    }
}

extension KeyRotationState {
    init(_ progress: KeyRotation.Progress) {
        self.init(
            accountsDone: Int64(progress.done),
            accountsTotal: Int64(progress.total),
            unreadable: Int64(progress.unreadable),
            finished: progress.isFinished
        )
    }
}
