import TwinlockClient
import TwinlockInterface
import TwinlockVarlink

func user(of session: SecretText) async throws(CallFailure) -> String {
    let daemon = try await DaemonConnection.open()
    let result: Result<GetSessionResult, CallFailure>
    do throws(CallFailure) {
        result = .success(try await daemon.call(Authentication.GetSession.self, SessionParameters(session: session)))
    } catch {
        result = .failure(error)
    }
    await daemon.close()
    return try result.get().user
}

func allNames(over daemon: DaemonConnection) async throws(CallFailure) -> [String] {
    var names: [String] = []
    var pages = try daemon.series(Administration.ListAccounts.self, ListAccountsParameters())
    while let page = try await pages.next() {
        names += page.accounts.map(\.user)
    }
    return names
}
