import Glibc

/// Numbers in words for a person.
enum Wording {
    /// `1 second`, `42 seconds`, `2 minutes`: minutes from two on, rounded up, so that the wait is over when they are.
    static func duration(_ seconds: Int) -> String {
        guard seconds > 119 else { return self.count(seconds, "second", "seconds") }
        return self.count((seconds - 1) / 60 + 1, "minute", "minutes")
    }

    /// A number with the right form of its noun.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// `2026-11-24 02:19:48 +0000`, in the zone of the person.
    ///
    /// Unix seconds as they are where the C library gives up.
    static func time(_ unixSeconds: Int64) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "\(unixSeconds)" }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            guard let start = buffer.baseAddress else { return "\(unixSeconds)" }
            let count = strftime(
                start.assumingMemoryBound(to: CChar.self),
                buffer.count,
                "%Y-%m-%d %H:%M:%S %z",
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
