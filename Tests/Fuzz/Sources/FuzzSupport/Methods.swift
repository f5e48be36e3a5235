import TwinlockInterface

@testable package import TwinlockVarlink

/// A method of ours, as far as its messages go.
package struct KnownMethod: Sendable {
    /// Fully qualified.
    package let name: String
    /// Reads parameters, and answers with what was read, or with what is wrong.
    package let answer: @Sendable (JSONValue?) -> Reply
    /// Reads a result that came from a server; does nothing where it is none.
    package let readResult: @Sendable (JSONValue?) -> Void
    /// Makes the tables of both.
    package let prepare: @Sendable () -> Void

    private init<M: Method>(_ method: M.Type) {
        self.name = M.name
        self.answer = { value in
            do throws(InvalidParameter) {
                let parameters = try M.Parameters(parameters: value)
                claimRereads(parameters) { try M.Parameters(parameters: $0) }
                return .success { parameters.write(to: &$0) }
            } catch {
                return .invalidParameter(error.parameter)
            }
        }
        self.readResult = { value in
            guard let result = try? M.Result(reply: value) else { return }
            claimRereads(result) { try M.Result(reply: $0) }
        }
        self.prepare = { _ = (M.Parameters.fields, M.Result.fields) }
    }

    /// Every method of our interfaces.
    package static let all = [
        KnownMethod(Authentication.SignIn.self),
        KnownMethod(Authentication.Verify2FACode.self),
        KnownMethod(Authentication.GetSession.self),
        KnownMethod(Authentication.SignOut.self),
        KnownMethod(Authentication.GetNotice.self),
        KnownMethod(OwnAccount.GetStatus.self),
        KnownMethod(OwnAccount.BeginSetUp.self),
        KnownMethod(OwnAccount.ConfirmSetUp.self),
        KnownMethod(OwnAccount.Disable.self),
        KnownMethod(OwnAccount.GetLog.self),
        KnownMethod(OwnAccount.ClearFailures.self),
        KnownMethod(OwnAccount.ViewRecoveryCodes.self),
        KnownMethod(OwnAccount.RegenerateRecoveryCodes.self),
        KnownMethod(OwnAccount.AcknowledgeRecoveryCodes.self),
        KnownMethod(OwnAccount.ListSessions.self),
        KnownMethod(OwnAccount.RevokeSession.self),
        KnownMethod(OwnAccount.RevokeSessions.self),
        KnownMethod(OwnAccount.CreateToken.self),
        KnownMethod(OwnAccount.ListTokens.self),
        KnownMethod(OwnAccount.EditToken.self),
        KnownMethod(OwnAccount.RefreshToken.self),
        KnownMethod(OwnAccount.RevokeToken.self),
        KnownMethod(Administration.GetHealth.self),
        KnownMethod(Administration.ListAccounts.self),
        KnownMethod(Administration.ShowAccount.self),
        KnownMethod(Administration.GetLog.self),
        KnownMethod(Administration.ExplainPolicy.self),
        KnownMethod(Administration.BeginSetUp.self),
        KnownMethod(Administration.ConfirmSetUp.self),
        KnownMethod(Administration.IssueRecoveryCode.self),
        KnownMethod(Administration.Reset.self),
        KnownMethod(Administration.Unlock.self),
        KnownMethod(Administration.Resynchronise.self),
        KnownMethod(Administration.Adopt.self),
        KnownMethod(Administration.MarkRestored.self),
        KnownMethod(Administration.RotateKey.self),
    ]
}

/// Looks whether a message that was read is the same when it is written and read again.
private func claimRereads<M: Message>(_ message: M, as read: (JSONValue) throws -> M) {
    let text = written(message)
    guard let value = try? JSONValue.parse(Frame(text)), let again = try? read(value) else {
        fatalError("\(M.self) does not read what it wrote")
    }
    claim(written(again) == text, "\(M.self) is not the same when read again")
}

private func written(_ message: some Message) -> [UInt8] {
    let frame = Frame()
    var writer = JSONWriter(into: frame)
    writer.beginObject()
    message.write(to: &writer)
    writer.endObject()
    return frame.bytes
}
