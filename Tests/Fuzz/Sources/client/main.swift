import FuzzSupport
import TwinlockInterface

Jobs.hold()
prepare {
    let results: [any Message.Type] = [
        SignInResult.self, GetSessionResult.self, GetStatusResult.self, BeginSetUpResult.self, GetHealthResult.self,
        ListAccountsResult.self, Empty.self,
    ]
    results.forEach { _ = $0.fields }
    _ = NamedError.declared
}
fuzz { start, count in
    Connection(UnsafeRawBufferPointer(start: start, count: count)).run()
    return 0
}
