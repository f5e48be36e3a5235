/// What a settings file says, before anybody knows what it means: sections of `key = value` lines, each with its line.
///
/// The form, whole: a line is blank, a comment that begins with `#`, a `[section]`, or `key = value`. Space around each
/// part is ignored; a value goes to the end of its line and is taken as it stands, without quotes, escapes, expansion or
/// comments behind it. (libconfuse 3.3, given such a file in its own form, put `${NAME}` from the environment into a quoted
/// value, and let the last of two equal keys win in silence.)
struct SettingsFile: Sendable {
    /// One `key = value` line.
    struct Entry: Equatable, Sendable {
        let section: String
        let key: String
        let value: String
        let line: Int

        /// `section.key`
        var name: String { "\(self.section).\(self.key)" }
    }

    /// In the order of the file; no name twice.
    let entries: [Entry]

    /// Reads a file's text.
    ///
    /// - Parameter name: The file's name, for the words of an error.
    init(text: String, name: String) throws(SettingsError) {
        var entries: [Entry] = []
        var section: String?
        for (index, raw) in text.linesOfText.enumerated() {
            let line = index + 1
            let content = Self.trimmed(raw)
            if content.isEmpty || content.hasPrefix("#") {
                continue
            }
            func fail(_ words: String) -> SettingsError {
                SettingsError(file: name, line: line, words: words)
            }
            if content.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" }) {
                throw fail("control character in the line")
            }
            if content.hasPrefix("[") {
                guard content.hasSuffix("]") else { throw fail("expected `]` at the end of the section's name") }
                section = String(Self.trimmed(content.dropFirst().dropLast()))
                continue
            }
            guard let equals = content.firstIndex(of: "=") else {
                throw fail("expected `key = value`, `[section]` or a comment that begins with `#`")
            }
            let key = String(Self.trimmed(content[..<equals]))
            guard let section else { throw fail("\(key): expected a `[section]` before the first key") }
            let entry = Entry(
                section: section,
                key: key,
                value: String(Self.trimmed(content[content.index(after: equals)...])),
                line: line
            )
            if let earlier = entries.first(where: { $0.name == entry.name }) {
                throw fail("\(entry.name): expected once, but line \(earlier.line) sets it too")
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        let start = text.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }
        return end.map { start[...$0] } ?? start[start.startIndex..<start.startIndex]
    }
}

/// A settings file that cannot be used: file, line, key and what was expected.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was given.
    public let file: String
    /// 1 for the first line; nil if the file itself is at fault.
    public let line: Int?
    /// What is wrong, with the key, the value and what was expected.
    public let words: String

    /// An error about a line of a file, or about the file.
    public init(file: String, line: Int?, words: String) {
        self.file = file
        self.line = line
        self.words = words
    }

    /// `FILE:LINE: WORDS`
    public var description: String {
        self.line.map { "\(self.file):\($0): \(self.words)" } ?? "\(self.file): \(self.words)"
    }
}
