import Testing
import TwinlockAccounts
import TwinlockOTP
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
            fieldKey: SecretBytes,
            within time: Duration
        ) async throws(CheckFailure) -> CheckReport {
            try await self.account(user: user, fieldKey: fieldKey)
        }

        func account(user: String, fieldKey: SecretBytes) async throws(CheckFailure) -> CheckReport {
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
        let key = SecretBytes(count: 16) { $0.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "k")) }
        #expect(try await directory.report(user: other, fieldKey: key, at: now).report.identity == nil)
        #expect(try await directory.report(user: name, fieldKey: key, at: now).report.identity == known)
        #expect(try await directory.report(user: other, fieldKey: key, at: now).report.identity == nil)
    }
}
