import Testing
import TwinlockAccounts

@testable import TwinlockOTP

@Suite("resynchronising with two codes")
struct ResynchronisationTests {
    private static let now = UnixSeconds(1_800_000_000)
    private static let present: Int64 = 60_000_000

    private static func totp() throws -> TOTP {
        try Array("12345678901234567890".utf8).withUnsafeBytes { try TOTP(secret: SecretBytes(copying: $0)) }
    }

    private static func find(_ steps: (Int64, Int64)) throws -> Resynchronisation? {
        let totp = try Self.totp()
        return Resynchronisation(
            first: totp.code(atStep: Self.present + steps.0),
            second: totp.code(atStep: Self.present + steps.1),
            totp: totp,
            at: Self.now
        )
    }

    @Test("two codes in a row tell how far the app's clock is off", arguments: [-1500, -121, -1, 0, 1, 20, 1500])
    func found(drift: Int64) throws {
        let found = try Self.find((drift - 1, drift))
        #expect(found == Resynchronisation(drift: Int(drift), step: Self.present + drift))
    }

    @Test(
        "codes that do not follow each other, the same one twice, and those too far away tell nothing",
        arguments: [(0, 2), (1, 0), (5, 5), (-1502, -1501), (1500, 1501)] as [(Int64, Int64)]
    )
    func notFound(steps: (Int64, Int64)) throws {
        #expect(try Self.find(steps) == nil)
    }

    @Test("with a drift the window is where the app's clock is, and not around the host's")
    func window() throws {
        let totp = try Self.totp()
        func match(_ step: Int64, drift: Int) -> CodeMatch {
            CodeMatch(code: totp.code(atStep: Self.present + step), totp: totp, at: Self.now, drift: drift)
        }
        for step in Int64(39)...41 { #expect(match(step, drift: 40) == .inWindow(steps: [Self.present + step])) }
        #expect(match(42, drift: 40) == .outside(offset: 2))
        #expect(match(0, drift: 40) == .none)
        #expect(match(0, drift: 0) == .inWindow(steps: [Self.present]))
        #expect(match(-40, drift: -40) == .inWindow(steps: [Self.present - 40]))
    }
}
