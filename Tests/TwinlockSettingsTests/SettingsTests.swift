import Testing
import TwinlockSettings

@Suite("settings file")
struct SettingsTests {
    @Test("an empty file holds the defaults")
    func defaults() throws {
        #expect(try Settings(text: "", name: "f") == Settings())
    }

    @Test("lines may end as other systems end theirs, and keep their numbers")
    func carriageReturns() throws {
        let text = "[daemon]\r\nuser = somebody\r\n# a comment\r\n\r\nlog-level = debug\r\n"
        let settings = try Settings(text: text, name: "f")
        #expect(settings.user == "somebody" && settings.logLevel == .debug)
        #expect(throws: SettingsError(file: "f", line: 5, words: "daemon.user: expected once, but line 2 sets it too"))
        {
            try Settings(text: text.replacing("log-level", with: "user"), name: "f")
        }
    }

    @Test("every key can be set")
    func everyKey() throws {
        let text = """
            # a comment
            [daemon]
            socket = /run/x/y.socket
            state-directory=/var/lib/x
              user =   somebody
            log-level = debug
            connections-per-uid = 8
            [checker]
            program = /opt/checker
            user = pw
            group = hashes
            deadline = 3
            socket = /run/x/checker.socket
            [sign-in]
            hide-password-result = no
            issuer = Example Inc # not a comment
            failure-delay = 0
            [services]
            users = panel , 990
            groups = web
            connections-per-uid = 500
            [administration]
            group = wheel
            [account]
            code-without-password = no
            [audit]
            days = 30
            rows = 5000
            [sessions]
            idle = 300
            absolute = 2592000
            [tokens]
            maximum-days = 3650
            end-with-password-change = yes
            groups = panel.deploy ,panel.read-only,  a.b.c9
            """
        let settings = try Settings(text: text, name: "f")
        #expect(settings.socket == "/run/x/y.socket")
        #expect(settings.stateDirectory == "/var/lib/x")
        #expect(settings.user == "somebody")
        #expect(settings.logLevel == .debug)
        #expect(settings.connectionsPerUid == 8)
        #expect(settings.checkerProgram == "/opt/checker")
        #expect(settings.checkerUser == "pw")
        #expect(settings.checkerGroup == "hashes")
        #expect(settings.checkerDeadline == 3)
        #expect(settings.checkerSocket == "/run/x/checker.socket")
        #expect(!settings.hidesPasswordResult)
        #expect(settings.issuer == "Example Inc # not a comment")
        #expect(settings.failureDelay == 0)
        #expect(settings.serviceUsers == ["panel", "990"])
        #expect(settings.serviceGroups == ["web"])
        #expect(settings.serviceConnectionsPerUid == 500)
        #expect(settings.administrationGroup == "wheel")
        #expect(!settings.allowsCodeWithoutPassword)
        #expect(settings.auditDays == 30)
        #expect(settings.auditRows == 5000)
        #expect(settings.sessionIdle == 300 && settings.sessionAbsolute == 2_592_000)
        #expect(settings.tokenMaximumDays == 3650 && settings.tokensEndWithPasswordChange)
        #expect(settings.declaredTokenGroups == ["panel.deploy", "panel.read-only", "a.b.c9"])
        #expect(Settings().declaredTokenGroups == [])
    }

    static let refused: [(text: String, line: Int, words: String)] = [
        ("[daemon]\nsocket", 2, "expected `key = value`"),
        ("socket = /x", 1, "expected a `[section]` before"),
        ("[daemon\n", 1, "expected `]`"),
        ("[daemon]\nsocks = /x", 2, "daemon.socks: unknown key, expected one of daemon.socket"),
        ("[other]\nkey = 1", 2, "other.key: unknown key"),
        ("[daemon]\nsocket = relative", 2, "is not an absolute path"),
        ("[daemon]\nsocket = /a/../b", 2, "is not an absolute path"),
        ("[daemon]\nsocket =", 2, "is not an absolute path"),
        ("[daemon]\nuser = root", 2, "not root"),
        ("[daemon]\nuser =", 2, "not root"),
        ("[daemon]\nlog-level = loud", 2, "is not one of debug, info"),
        ("[checker]\n\n\ndeadline = 0", 4, "checker.deadline: \"0\" is not a number from 1 to 120"),
        ("[checker]\ndeadline = 121", 2, "from 1 to 120"),
        ("[checker]\ndeadline = 5.0", 2, "from 1 to 120"),
        ("[checker]\ndeadline = 05", 2, "from 1 to 120"),
        ("[sign-in]\nhide-password-result = true", 2, "is not yes or no"),
        ("[sign-in]\nissuer = a:b", 2, "without a colon"),
        ("[checker]\ndeadline = 3\n[daemon]\n[checker]\ndeadline = 4", 5, "line 2 sets it too"),
        ("[services]\nusers = panel,", 2, "with commas between"),
        ("[services]\nusers = panel root", 2, "with commas between"),
        ("[services]\nusers = panel,root", 2, "not root"),
        ("[services]\nusers = 0", 2, "not root"),
        ("[services]\ngroups = ", 2, "not root"),
        ("[administration]\ngroup = root", 2, "not root"),
        ("[daemon]\nuser = a\u{0}b", 2, "control character"),
        ("[account]\ncode-without-password = false", 2, "is not yes or no"),
        ("[audit]\ndays = 0", 2, "audit.days: \"0\" is not a number from 1 to 3650"),
        ("[audit]\nrows = 999", 2, "from 1000 to 10000000"),
        ("[sessions]\nidle = 299", 2, "from 300 to 2592000"),
        ("[sessions]\nabsolute = 2592001", 2, "from 300 to 2592000"),
        ("[tokens]\nmaximum-days = 0", 2, "from 1 to 3650"),
        ("[tokens]\nend-with-password-change = true", 2, "is not yes or no"),
        ("[tokens]\ngroups = panel", 2, "tokens.groups: \"panel\" is not at most 32 different names"),
        ("[tokens]\ngroups = panel.x,", 2, "different names"),
        ("[tokens]\ngroups = panel.x, panel.x", 2, "different names"),
        ("[tokens]\ngroups = Panel.x", 2, "small letters"),
        ("[tokens]\ngroups = panel..x", 2, "small letters"),
        ("[tokens]\ngroups = panel.9x", 2, "begin with a letter"),
        ("[tokens]\ngroups = panel.ä", 2, "small letters"),
        ("[tokens]\ngroups = panel.x panel.y", 2, "commas"),
        ("[tokens]\ngroups = account.write", 2, "not beginning with account"),
        ("[tokens]\ngroups = administration.read", 2, "not beginning with account or administration"),
        ("[tokens]\ngroups = a.\(String(repeating: "b", count: 63))", 2, "64 bytes"),
        ("[tokens]\ngroups = \((0...32).map { "a.b\($0)" }.joined(separator: ","))", 2, "at most 32"),
    ]

    @Test("a bad line is named with its number, its key and what was expected", arguments: refused)
    func refuses(text: String, line: Int, words: String) {
        let error = #expect(throws: SettingsError.self) { try Settings(text: text, name: "twinlockd.conf") }
        #expect(error?.line == line)
        #expect(error?.words.contains(words) == true, "\(error?.words ?? "")")
        #expect(error?.description.hasPrefix("twinlockd.conf:\(line): ") == true)
    }
}
