import Glibc
import Testing
import TwinlockInterface
import TwinlockVarlink

@testable import twinlock

@Suite("tokens as the command reads and shows them")
struct TokenWordsTests {
    static let value = WordsTests.secret("twl_" + String(repeating: "a", count: 38))

    static func entry(_ description: String = "nightly backup", groups: [String] = ["account.read"]) -> TokenEntry {
        TokenEntry(
            id: "0123456789abcdef",
            description: description,
            groups: groups,
            created: 1_690_000_000,
            expires: 1_700_000_000,
            lastUsed: nil
        )
    }

    @Test(
        "an end is a number of days, or a date that there is",
        arguments: [
            ("1", .days(1)), ("030", .days(30)), ("3650", .days(3650)),
            ("2026-12-31", .date(year: 2026, month: 12, day: 31)),
            ("2028-02-29", .date(year: 2028, month: 2, day: 29)),
        ] as [(String, TokenEnd)]
    )
    func end(text: String, expected: TokenEnd) throws {
        #expect(try TokenEnd(text) == expected)
    }

    @Test(
        "anything else is no end",
        arguments: [
            "", "0", "3651", "99999999999999999999", "-1", "+1", "30d", " 30", "1.5", "2026-1-1", "26-01-01",
            "2026-13-01", "2026-00-01", "2026-04-31", "2026-02-29", "2100-02-29", "2026-01-00", "1969-12-31",
            "2026-01-01-", "2026-01", "٣٠",
        ]
    )
    func noEnd(text: String) {
        #expect(throws: (any Error).self) { try TokenEnd(text) }
    }

    @Test("days are counted from now; a date ends with its last second")
    func instant() throws {
        #expect(TokenEnd.days(30).instant(now: 1_000) == Int64(2_593_000))
        let end = try #require(TokenEnd.date(year: 2026, month: 12, day: 31).instant(now: 0))
        var (seconds, parts) = (time_t(end), tm())
        _ = localtime_r(&seconds, &parts)
        #expect([parts.tm_year, parts.tm_mon, parts.tm_mday] == [126, 11, 31])
        #expect([parts.tm_hour, parts.tm_min, parts.tm_sec] == [23, 59, 59])
    }

    @Test("a group of ours that is misspelled is refused at once; those of other services are the daemon's to judge")
    func groups() throws {
        try TokenGroupName.check(TokenGroupName.own.map(\.name) + ["panel.deploy"])
        for name in ["account.write", "administration.", "read", ""] {
            #expect(throws: (any Error).self) { try TokenGroupName.check(["account.read", name]) }
        }
    }

    @Test("a description is what the daemon takes for one")
    func descriptions() {
        for text in ["x", "nightly backup", "ünïcode", String(repeating: "x", count: 128)] {
            #expect(TokenDescription.isGood(text))
        }
        for text in ["", "two\nlines", "\u{1B}[2J", String(repeating: "ü", count: 65)] {
            #expect(!TokenDescription.isGood(text))
        }
    }

    @Test("a token of the list is three lines, longer only where its owner's words are, and none wider than a screen")
    func list() {
        let lines = TokensText.lines(Self.entry()).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3].isEmpty)
        #expect(lines[0] == "0123456789abcdef  nightly backup")
        #expect(lines[1] == "    opens account.read")
        #expect(lines[2].hasPrefix("    made 2023-07-2") && lines[2].hasSuffix(", never used"))
        var long = Self.entry(
            Array(repeating: "word", count: 25).joined(separator: " "),
            groups: (0..<9).map { "panel.deploy-\($0)" }
        )
        long.lastUsed = 1_700_000_000
        #expect(TokensText.lines(long).split(separator: "\n").allSatisfy { $0.count < 80 })
        #expect(TokensText.lines(Self.entry("a\u{1B}b")).contains("a\u{FFFD}b"))
    }

    @Test("a value on a screen is in a line of its own below the words that it is never shown again")
    func value() {
        for isNew in [true, false] {
            let text = WordsTests.text { TokensText.writeValue(Self.value, isNew: isNew, into: $0) }
            #expect(text.contains("never shown again"))
            #expect(text.contains("\n\n    twl_aaa") && text.hasSuffix("aaa\n\n"))
            #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
        }
        #expect(WordsTests.text { TokensText.writePlain(Self.value, into: $0) }.utf8.count == 43)
    }

    @Test("a script finds every member, null where there is nothing to say")
    func json() {
        #expect(
            WordsTests.text { TokensText.writeJSON(Self.entry(), into: $0) } == #"{"id":"0123456789abcdef","#
                + #""description":"nightly backup","groups":["account.read"],"created":1690000000,"#
                + #""expires":1700000000,"lastUsed":null}"# + "\n"
        )
        #expect(
            WordsTests.text { TokensText.writeJSON(id: "a", value: Self.value, expires: 7, into: $0) }
                == #"{"id":"a","token":"twl_"# + String(repeating: "a", count: 38) + #"","expires":7}"# + "\n"
        )
        #expect(
            WordsTests.text { TokensText.writeJSON(id: "a", value: nil, expires: 7, into: $0) }
                == #"{"id":"a","token":null,"expires":7}"# + "\n"
        )
    }

    @Test(
        "an id is known by its first four characters, if no other begins so",
        arguments: [("0123456789", 0), ("01234567aa", 1), ("abcdefghij", 2), ("abcd", 2), ("01234567a", 1)]
    )
    func ids(typed: String, expected: Int) throws {
        let ids = ["0123456789", "01234567aa", "abcdefghij"]
        let found = try Listed.one(of: ids, id: { $0 }, typed: typed, "token", list: "twinlock tokens")
        #expect(found == ids[expected])
    }

    @Test("what stands for none or for several is refused", arguments: ["", "abc", "0123", "zzzz", "abcdefghijk"])
    func noIds(typed: String) {
        #expect(throws: Failure.self) {
            try Listed.one(
                of: ["0123456789", "01234567aa", "abcdefghij"],
                id: { $0 },
                typed: typed,
                "token",
                list: "x"
            )
        }
    }

    @Test("of two ids of which one begins the other the shorter can be typed whole")
    func nestedIds() throws {
        #expect(try Listed.one(of: ["abcde", "abcd"], id: { $0 }, typed: "abcd", "token", list: "x") == "abcd")
    }
}
