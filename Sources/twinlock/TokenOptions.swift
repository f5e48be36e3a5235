import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// When a token ends, as typed: a number of days, or a date.
enum TokenEnd: Hashable, Sendable {
    /// So many days from now.
    case days(Int64)
    /// At the end of that day, where the person is.
    case date(year: Int32, month: Int32, day: Int32)

    /// What holds where nothing is said.
    static let byDefault = TokenEnd.days(30)

    /// The longest that any settings allow, days.
    private static let longest: Int64 = 3650

    /// Reads `30` or `2026-12-31`.
    init(_ text: String) throws(ValidationError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.digits.contains) }) else { throw Self.unread }
        if parts.count == 1 {
            guard let days = Int64(text), 1...Self.longest ~= days else { throw Self.unread }
            self = .days(days)
            return
        }
        guard parts.map(\.count) == [4, 2, 2], let year = Int32(parts[0]), let month = Int32(parts[1]),
            let day = Int32(parts[2]), Self.isDay(year, month, day)
        else { throw Self.unread }
        self = .date(year: year, month: month, day: day)
    }

    /// Unix seconds; nil where the C library gives up.
    ///
    /// - Parameter now: Unix seconds.
    func instant(now: Int64) -> Int64? {
        switch self {
        case .days(let days): return now + days * 86_400
        case .date(let year, let month, let day):
            var next = tm()
            (next.tm_year, next.tm_mon, next.tm_mday, next.tm_isdst) = (year - 1900, month - 1, day + 1, -1)
            let midnight = mktime(&next)
            return midnight == -1 ? nil : Int64(midnight) - 1
        }
    }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private static func isDay(_ year: Int32, _ month: Int32, _ day: Int32) -> Bool {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int32] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return 1970... ~= year && 1...12 ~= month && day >= 1 && day <= lengths[Int(month) - 1]
    }

    private static let unread = ValidationError(
        "it takes a number of days from 1 to \(Self.longest), or a date such as 2026-12-31"
    )
}

/// A group of methods that a token may open.
enum TokenGroupName {
    /// Twinlock's own, and what each opens.
    static let own: [(name: String, opens: String)] = [
        ("account.read", "your status, sessions, tokens and log, to read"),
        ("account.sessions", "ending your sessions"),
        ("administration.read", "what administrators may read, if you are one"),
        ("administration.write", "unlocking accounts, if you are an administrator"),
    ]

    /// What holds where none is said.
    static let byDefault = ["account.read"]

    /// For the help, in lines that stay as they are.
    static let help =
        "Groups:\n"
        + own.map { "  \($0.name)\(String(repeating: " ", count: 22 - $0.name.count))\($0.opens)\n" }.joined()
        + "Names that the daemon's settings declare open something in other services."

    /// Refuses what no daemon would take, before anything is asked.
    static func check(_ names: [String]) throws(ValidationError) {
        for name in names {
            let isOurs = name.hasPrefix("account.") || name.hasPrefix("administration.")
            guard name.contains("."), !isOurs || self.own.contains(where: { $0.name == name }) else {
                throw ValidationError(
                    "there is no group \"\(name.printable)\"; Twinlock's own are "
                        + self.own.map(\.name).joined(separator: ", ")
                )
            }
        }
    }
}

/// What a token is for, in its owner's words.
enum TokenDescription {
    /// Most bytes.
    static let limit = 128

    static let rule = "1 to \(limit) bytes without control characters"

    /// Whether the daemon takes it.
    static func isGood(_ text: String) -> Bool {
        1...self.limit ~= text.utf8.count && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Refuses what the daemon would not take, before anything is asked.
    static func check(_ text: String) throws(ValidationError) {
        guard self.isGood(text) else { throw ValidationError("--description takes \(self.rule)") }
    }

    /// Asks for it until there is one.
    static func ask(_ inputs: Inputs) throws(Failure) -> String {
        guard let terminal = inputs.terminal else { throw Self.missing }
        while true {
            do throws(InputError) {
                let typed = try terminal.ask("What is it for? ", limit: 4 * Self.limit)
                let text = typed.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                if self.isGood(text) { return text }
            } catch {
                switch error {
                case .endOfInput: throw Failure(.refused, "no description was typed")
                case .failed: throw Failure(.usage, "cannot read the description: \(error.words)")
                case .tooLong, .notText: terminal.discardTyped()
                }
            }
            Failure(.refused, "a description has \(self.rule)", hint: "what will use the token, say").report()
        }
    }

    /// Refuses at once where nobody could be asked.
    static func require(_ description: String?, _ inputs: Inputs) throws(Failure) {
        if description == nil, inputs.terminal == nil { throw Self.missing }
    }

    private static let missing = Failure(
        .usage,
        "no terminal to ask on what the token is for",
        hint: "give it with --description TEXT"
    )
}

/// What every change of a token takes.
struct TokenChangeOptions: ParsableArguments {
    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @OptionGroup
    var session: SessionOption
}

/// Where a token's value goes.
struct TokenValueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Save the value in this file, mode 0600, and do not print it.", valueName: "file"),
        completion: .file()
    )
    var output: String?

    @Flag(help: "Do not ask whether to replace a file.")
    var yes = false

    @Flag(help: "Print one line of JSON.")
    var json = false
}
