import Testing

@testable import TwinlockSettings

@Suite("rules in the settings")
struct RuleSettingsTests {
    private func settings(_ text: String) throws(SettingsError) -> Settings {
        try Settings(text: text, name: "f")
    }

    @Test("a rule has every key that is given, and its line")
    func whole() throws {
        let text = """
            [policy]
            second-factor = required
            publickey-services = sshd, proxy
            set-up = yes

            [rule staff]
            services = sshd, login
            users = alice,root
            except-users = backup
            groups = staff, 50
            except-groups = robots
            from = 192.0.2.0/24, local
            second-factor = off
            starts = 2027-01-31
            first-factor = publickey
            set-up = no

            [rule shown]
            hide-password-result = no
            """
        let settings = try self.settings(text)
        #expect(settings.secondFactor == "required" && settings.allowsSetUp)
        #expect(settings.publicKeyServices == ["sshd", "proxy"])
        var staff = RuleSettings(name: "staff", line: 7)
        staff.services = ["sshd", "login"]
        staff.users = ["alice", "root"]
        staff.exceptUsers = ["backup"]
        staff.groups = ["staff", "50"]
        staff.exceptGroups = ["robots"]
        staff.networks = ["192.0.2.0/24", "local"]
        staff.secondFactor = "off"
        staff.starts = RuleSettings.Day("2027-01-31")
        staff.firstFactors = ["publickey"]
        staff.allowsSetUp = false
        var shown = RuleSettings(name: "shown", line: 19)
        shown.hidesPasswordResult = false
        #expect(settings.rules == [staff, shown])
    }

    @Test(
        "what cannot be is refused with its line and what was expected",
        arguments: [
            ("second-factor = on", "second-factor: \"on\" is not one of required, optional, off"),
            ("starts = 2027-02-29", "starts: \"2027-02-29\" is not a day such as 2027-01-31"),
            ("starts = 27-01-01", "starts: \"27-01-01\" is not a day"),
            ("first-factor = code", "first-factor: \"code\" is not password, publickey or both"),
            ("first-factor = password, password", "is not password, publickey or both"),
            ("first-factor =", "is not password, publickey or both"),
            ("users =", "users: \"\" is not account names"), ("users = a b", "is not account names"),
            ("groups = a,,b", "groups: \"a,,b\" is not names or numbers"), ("from = ,", "from: \",\" is not networks"),
            ("services = a/b", "services: \"a/b\" is not names of PAM services"),
            ("set-up = maybe", "set-up: \"maybe\" is not yes or no"), ("color = red", "color: unknown key"),
        ]
    )
    func refused(line: String, words: String) {
        let error = #expect(throws: SettingsError.self) { try self.settings("[rule one]\n\(line)\n") }
        #expect(error?.description.hasPrefix("f:2: rule one: ") == true)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a section that is almost a rule's is unknown",
        arguments: ["rule", "rule ", "rules one", "rule a b", "rule a/b"]
    )
    func sections(section: String) {
        #expect(throws: SettingsError.self) { try self.settings("[\(section)]\nsecond-factor = off\n") }
    }

    @Test("a key that a rule has twice is refused, also from far apart")
    func twice() {
        let text = "[rule a]\nset-up = no\n[rule b]\nset-up = no\n[rule a]\nset-up = yes\n"
        let error = #expect(throws: SettingsError.self) { try self.settings(text) }
        #expect(error?.description == "f:6: rule a.set-up: expected once, but line 2 sets it too")
    }

    @Test(
        "a day begins at midnight UTC",
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2024-12-31", 1_735_603_200),
            ("2027-01-01", 1_798_761_600),
            ("2100-03-01", 4_107_542_400), ("9999-12-31", 253_402_214_400),
        ] as [(String, Int64)]
    )
    func days(text: String, expected: Int64) {
        #expect(RuleSettings.Day(text)?.beginning == expected)
    }

    @Test(
        "what is no day is none",
        arguments: ["1969-12-31", "2100-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "x"]
    )
    func noDays(text: String) {
        #expect(RuleSettings.Day(text) == nil)
    }
}
