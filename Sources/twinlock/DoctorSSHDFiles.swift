import TwinlockSettings

/// The settings of sshd as they stand in its files, with what they include: who said what, where.
///
/// What holds is sshd's to say (`sshd -T`); these say which line is to be changed.
struct SSHDFiles: Sendable {
    /// One line.
    struct Setting: Hashable, Sendable {
        /// Lower case; an old name in place of which there is a new one is the new one.
        let keyword: String
        /// Lower case, with one blank between words.
        let value: String
        let place: DoctorFinding.Place
        /// Whether it holds for some logins only.
        let isInMatch: Bool
    }

    /// In the order in which sshd reads them.
    let settings: [Setting]
    let main: String

    /// Whether what holds depends on who logs in.
    var hasMatch: Bool { self.settings.contains { $0.keyword == "match" } }

    private static let maximumDepth = 16
    private static let renamed = ["challengeresponseauthentication": "kbdinteractiveauthentication"]

    /// - Parameters:
    ///   - main: Path of the file with which sshd begins.
    ///   - read: A file's text; nil if there is none.
    ///   - expand: The paths that a pattern means, sorted.
    init(main: String, read: (String) -> String?, expand: (String) -> [String]) {
        self.main = main
        self.settings = Self.settings(of: main, inMatch: false, depth: 0, read: read, expand: expand)
    }

    /// The line that sets a keyword to what holds; the file without a line where none does, and it is the default.
    ///
    /// Of the lines for all logins the first wins, and those behind a `Match` win over them (sshd_config(5)).
    func place(of keyword: String, holding value: String) -> DoctorFinding.Place {
        let lines = self.settings.filter { $0.keyword == keyword }
        let common = lines.first { !$0.isInMatch }
        if let common, common.value == value { return common.place }
        let own = lines.first { $0.isInMatch && $0.value == value }
        return own?.place ?? common?.place ?? DoctorFinding.Place(file: self.main)
    }

    private static func settings(
        of file: String,
        inMatch: Bool,
        depth: Int,
        read: (String) -> String?,
        expand: (String) -> [String]
    ) -> [Setting] {
        guard depth < self.maximumDepth, let text = read(file) else { return [] }
        var (settings, inMatch): ([Setting], Bool) = ([], inMatch)
        for (index, line) in text.linesOfText.enumerated() {
            let words = self.words(line)
            guard let first = words.first?.lowercased(), words.count > 1 else { continue }
            let keyword = self.renamed[first] ?? first
            if keyword == "include" {
                for path in words.dropFirst().flatMap({ expand($0.hasPrefix("/") ? $0 : "/etc/ssh/\($0)") }) {
                    settings += self.settings(of: path, inMatch: inMatch, depth: depth + 1, read: read, expand: expand)
                }
                continue
            }
            if keyword == "match" { inMatch = words[1].lowercased() != "all" }
            settings.append(
                Setting(
                    keyword: keyword,
                    value: words.dropFirst().joined(separator: " ").lowercased(),
                    place: DoctorFinding.Place(file: file, line: index + 1),
                    isInMatch: inMatch
                )
            )
        }
        return settings
    }

    /// Blanks, an equals sign behind the keyword, and quotes.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var (word, isQuoted) = ("", false)
        for character in line {
            if character == "#", word.isEmpty, !isQuoted { break }
            if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character.isWhitespace || (character == "=" && words.isEmpty) {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
