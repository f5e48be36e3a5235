import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

extension Scene {
    /// Calls whatever method with all that it needs, alice's password among it. The error without its interface; nil for
    /// none.
    ///
    /// - Parameters:
    ///   - session: Left out where it is nil and may be.
    ///   - user: Whom the call is about, where the method asks.
    ///   - code: Also for whatever else is secret.
    func outcome(
        of method: MethodEntry,
        from peer: Peer,
        session: SecretText?,
        user: String? = nil,
        code: SecretText
    ) async throws -> String? {
        let now = self.now
        let reply = try await self.raw(method.name, from: peer) { json in
            for field in method.parameters {
                switch (field.name, field.kind) {
                case ("session", _) where session != nil || !field.isOptional:
                    json.member("session", secret: session ?? .init("none"))
                case ("user", _) where user != nil: json.member("user", user)
                case ("password", _): json.member("password", secret: .init("correct horse"))
                case ("code", _): json.member("code", secret: code)
                case ("expires", _): json.member("expires", now + 60)
                case ("groups", _): json.member("groups", ["account.read"])
                case (let name, .secret) where !field.isOptional: json.member(name, secret: code)
                case (let name, .string) where !field.isOptional: json.member(name, "x")
                case (let name, .int) where !field.isOptional: json.member(name, 1 as Int64)
                case (let name, .bool) where !field.isOptional: json.member(name, true)
                case (let name, .array) where !field.isOptional: json.member(name, [])
                case (_, .string), (_, .int), (_, .bool), (_, .array), (_, .secret), (_, .word), (_, .object): break
                }
            }
        }
        return (reply["error"]?.string).map { String($0.split(separator: ".").last ?? "") }
    }
}
