import Testing
import TwinlockAccounts
import TwinlockVarlink

@testable import TwinlockService

@Suite("what is known about the host's accounts")
struct DirectoryTests {
    /// Knows one name, byte for byte.
    private struct Host: PasswordChecker {
        let known: Identity

        func check(
            user: String,
            password: SecretText,
            remoteHost: String,
            tty: String,
            within time: Duration
        ) async throws(CheckFailure) -> CheckReport {
            try await self.account(user: user)
        }

        func account(user: String) async throws(CheckFailure) -> CheckReport {
            let isKnown = user.utf8.elementsEqual(self.known.name.utf8)
            return CheckReport(
                password: .notChecked,
                account: isKnown ? .usable : .unknown,
                identity: isKnown ? self.known : nil,
                hasUsablePassword: isKnown
            )
        }

        func identity(uid: UInt32) async throws(CheckFailure) -> Identity? {
            uid == self.known.uid ? self.known : nil
        }
    }

    @Test(
        "asking for a name that only looks alike says nothing about the account",
        arguments: [("jos\u{e9}", "jose\u{301}"), ("K", "\u{212a}")]
    )
    func lookAlike(name: String, other: String) async throws {
        let known = Identity(name: name, uid: 1000)
        let directory = Directory(checker: Host(known: known))
        let now = UnixSeconds(0)
        #expect(try await directory.report(user: other, at: now).identity == nil)
        #expect(try await directory.report(user: name, at: now).identity == known)
        #expect(try await directory.report(user: other, at: now).identity == nil)
    }
}
