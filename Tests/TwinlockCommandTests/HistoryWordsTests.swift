import Testing
import TwinlockInterface
import TwinlockVarlink

@testable import twinlock

@Suite("sessions, history and failures as the command shows them")
struct HistoryWordsTests {
    static func record(
        _ words: String = "code wrong",
        method: String = "Verify2FACode",
        count: Int64 = 1,
        service: String = "sshd",
        host: String = "192.0.2.7",
        uid: Int64? = 0
    ) -> LogRecord {
        LogRecord(
            at: 1_700_000_000,
            firstAt: 1_690_000_000,
            count: count,
            service: service,
            remoteHost: host,
            tty: "",
            callerUid: uid,
            method: method,
            outcome: .refused,
            reason: "codeWrong",
            words: words
        )
    }

    static func line(_ record: LogRecord, columns: Int? = 80) -> String {
        String(LogText.line(record, ownUid: 1000, columns: columns).dropFirst(19))
    }

    @Test("a record is one line: when, what became of it, why, how often, and where from")
    func record() {
        #expect(Self.line(Self.record()) == "  refused    code wrong; sshd from 192.0.2.7\n")
        #expect(Self.line(Self.record(count: 3)) == "  refused    code wrong, 3 times; sshd from 192.0.2.7\n")
        #expect(
            Self.line(Self.record("password wrong", method: "Disable", service: "varlink", host: ""))
                == "  refused    Disable: password wrong; a program\n"
        )
    }

    @Test("a program of another user's is told apart from one's own and from root's")
    func caller() {
        for (uid, end) in [(1000, "a program\n"), (0, "a program\n"), (33, "a program of uid 33\n")] {
            #expect(Self.line(Self.record(service: "varlink", host: "", uid: Int64(uid))).hasSuffix(end))
        }
    }

    @Test("what a host calls itself cannot begin a line or steer the terminal")
    func hostile() {
        #expect(Self.line(Self.record(host: "a\nb\u{1B}[2J")).filter { $0 == "\n" || $0 == "\u{1B}" } == "\n")
    }

    @Test("a line that is too long for the screen goes on below its words; in a pipe it stays one")
    func folded() {
        let record = Self.record("a login by recovery code stands for the second factor", count: 12)
        let lines = LogText.line(record, ownUid: 1000, columns: 80).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines[1].hasPrefix(String(repeating: " ", count: 32)))
        #expect(LogText.line(record, ownUid: 1000, columns: nil).split(separator: "\n").count == 1)
        // A screen with no room for that gets the line as it is.
        #expect(LogText.line(record, ownUid: 1000, columns: 20).split(separator: "\n").count == 1)
    }

    @Test("a script finds every member of a record")
    func recordJSON() {
        #expect(
            WordsTests.text { LogText.writeJSON(Self.record(uid: nil), into: $0) } == #"{"at":1700000000,"#
                + #""firstAt":1690000000,"count":1,"service":"sshd","remoteHost":"192.0.2.7","tty":"","#
                + #""callerUid":null,"method":"Verify2FACode","outcome":"refused","reason":"codeWrong","#
                + #""words":"code wrong"}"# + "\n"
        )
    }

    static func session(current: Bool) -> SessionEntry {
        SessionEntry(
            id: String(repeating: "a", count: 32),
            service: "panel",
            remoteHost: "192.0.2.7",
            tty: "",
            factors: [.password, .code],
            created: 1_690_000_000,
            lastUsed: 1_690_000_060,
            expires: 1_700_000_000,
            current: current
        )
    }

    @Test("a session of the list tells where it is from, by what it came about, and whether it is the one in the file")
    func session() {
        let text = SessionsText.lines(Self.session(current: false), file: "session")
        #expect(text.hasPrefix("\(String(repeating: "a", count: 32))  panel from 192.0.2.7\n    since 2023-07-2"))
        #expect(text.contains(" by password and code\n    last used 2023-07-2") && text.hasSuffix(" unless used\n"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
        #expect(
            SessionsText.lines(Self.session(current: true), file: "session").contains("192.0.2.7, the one in session\n")
        )
    }

    static func status(exhausted: Bool, wait: Int64?) -> GetStatusResult {
        GetStatusResult(
            user: "alice",
            uid: 1000,
            enabled: true,
            enabledAt: 7,
            setUpBegun: false,
            failedCodes: exhausted ? 100 : 9,
            waitSeconds: wait,
            exhausted: exhausted
        )
    }

    @Test("whoever clears failures is told which code is of use")
    func explanation() {
        let exhausted = ClearFailuresText.explanation(Self.status(exhausted: true, wait: nil))
        #expect(exhausted.hasPrefix("100 wrong codes count against alice. No code of the app is read any more;"))
        let waiting = ClearFailuresText.explanation(Self.status(exhausted: false, wait: 240))
        #expect(waiting.contains(" For another 4 minutes a code of the app is\nrefused unread; a recovery code is"))
        #expect(
            ClearFailuresText.explanation(Self.status(exhausted: false, wait: nil))
                == "9 wrong codes count against alice.\n"
        )
        for text in [exhausted, waiting] { #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 }) }
    }

    @Test("and afterwards of the recovery code that it took")
    func done() {
        let signedIn = SignInResult(state: .signedIn, user: "alice", recoveryCodesLeft: 4, recoveryCodeUsed: true)
        let text = ClearFailuresText.done(Self.status(exhausted: true, wait: nil), signedIn)
        #expect(text.hasPrefix("That recovery code is used up; 4 left.\n100 wrong codes count against alice no longer"))
        #expect(!ClearFailuresText.done(Self.status(exhausted: true, wait: nil), nil).contains("used up"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
    }
}
