import Glibc

/// Numbers in words for a person.
enum Wording {
    /// Asks for what is taken in a sensitive call.
    static let codePrompt = "Code, or a recovery code: "

    /// `1 second`, `42 seconds`, `2 minutes`: minutes from two on, rounded up, so that the wait is over when they are.
    static func duration(_ seconds: Int) -> String {
        guard seconds > 119 else { return self.count(seconds, "second", "seconds") }
        return self.count((seconds - 1) / 60 + 1, "minute", "minutes")
    }

    /// A line in several, each less wide than that unless a word is not; a command in backquotes is one word.
    ///
    /// - Parameters:
    ///   - indentation: Blanks ahead of all lines but the first.
    ///   - start: Where the first one begins.
    static func folded(_ line: String, columns: Int, indentation: Int = 4, start: Int = 0) -> String {
        var isQuoted = false
        let words = line.split { character in
            if character == "`" { isQuoted.toggle() }
            return character == " " && !isQuoted
        }
        var (folded, width, isFirst) = ("", start, true)
        for word in words {
            if !isFirst, width + 1 + word.count >= columns {
                folded += "\n" + String(repeating: " ", count: indentation) + word
                width = indentation + word.count
            } else {
                folded += isFirst ? String(word) : " \(word)"
                width += (isFirst ? 0 : 1) + word.count
            }
            isFirst = false
        }
        return folded
    }

    /// A number with the right form of its noun.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// `2026-11-24 02:19:48 +0000`, in the zone of the person.
    ///
    /// Unix seconds as they are where the C library gives up.
    static func time(_ unixSeconds: Int64) -> String {
        self.time(unixSeconds, format: "%Y-%m-%d %H:%M:%S %z")
    }

    /// `2026-11-24 02:19:48`, for a line with little room.
    static func second(_ unixSeconds: Int64) -> String {
        self.time(unixSeconds, format: "%Y-%m-%d %H:%M:%S")
    }

    /// `2026-11-24 02:19`, for a line with less.
    static func minute(_ unixSeconds: Int64) -> String {
        self.time(unixSeconds, format: "%Y-%m-%d %H:%M")
    }

    private static func time(_ unixSeconds: Int64, format: String) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "\(unixSeconds)" }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            guard let start = buffer.baseAddress else { return "\(unixSeconds)" }
            let count = strftime(
                start.assumingMemoryBound(to: CChar.self),
                buffer.count,
                format,
                &parts
            )
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// What an `errno` means.
    static func errno(_ number: Int32) -> String {
        // strerror(3) capitalises; these follow a colon.
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
