import TwinlockSettings

/// What a PAM module's result does to the stack: the second word of a line, pam.conf(5).
struct PAMControl: Hashable, Sendable {
    /// What happens next.
    enum Action: Hashable, Sendable {
        case ok, done, bad, die, ignore, reset
        /// Over that many modules.
        case jump(Int)
    }

    /// By result: `success`, `auth_err` and so on, without `default`.
    let actions: [String: Action]
    /// For results that are not named.
    let fallback: Action

    /// What success does.
    var onSuccess: Action { self.actions["success"] ?? self.fallback }

    /// What each of the failures does that are told apart.
    var onFailure: Set<Action> {
        let named = self.actions.filter { !["success", "new_authtok_reqd", "ignore"].contains($0.key) }
        return Set(named.values).union([self.fallback])
    }

    /// One of the four words, or what stands in brackets; anything else refuses, as libpam has it.
    init(_ text: String) {
        switch text.lowercased() {
        case "required": self.init(passing: .ok, ignoring: true, otherwise: .bad)
        case "requisite": self.init(passing: .ok, ignoring: true, otherwise: .die)
        case "sufficient": self.init(passing: .done, ignoring: false, otherwise: .ignore)
        case "optional": self.init(passing: .ok, ignoring: false, otherwise: .ignore)
        default: self.init(listed: text)
        }
    }

    private init(passing: Action, ignoring: Bool, otherwise: Action) {
        self.actions = ["success": passing, "new_authtok_reqd": passing].merging(
            ignoring ? ["ignore": .ignore] : [:],
            uniquingKeysWith: { first, _ in first }
        )
        self.fallback = otherwise
    }

    private init(listed text: String) {
        var actions: [String: Action] = [:]
        let words = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : ""
        for pair in words.split(whereSeparator: \.isWhitespace) {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            actions[pair[..<equals].lowercased()] = Self.action(String(pair[pair.index(after: equals)...]))
        }
        self.fallback = actions.removeValue(forKey: "default") ?? .bad
        self.actions = actions
    }

    private static func action(_ word: String) -> Action {
        switch word.lowercased() {
        case "ok": .ok
        case "done": .done
        case "die": .die
        case "ignore": .ignore
        case "reset": .reset
        default: Int(word).flatMap { $0 > 0 ? .jump($0) : nil } ?? .bad
        }
    }
}

/// One line of a file below `/etc/pam.d` that has to do with `auth`.
struct PAMLine: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case module(PAMControl, name: String, arguments: [String])
        /// The lines of another file, as if they stood here.
        case include(String)
        /// The lines of another file, as one module would be.
        case substack(String)
    }

    let content: Content
    /// 1 for the first of the file.
    let number: Int

    /// The `auth` lines of a file.
    static func auth(in text: String) -> [PAMLine] {
        var lines: [PAMLine] = []
        var (begun, start) = ("", 0)
        for (index, raw) in text.linesOfText.enumerated() {
            if begun.isEmpty { start = index + 1 }
            let piece = raw.prefix { $0 != "#" }
            if piece.hasSuffix("\\") {
                begun += piece.dropLast() + " "
                continue
            }
            if let content = self.content(of: self.words(begun + piece)) {
                lines.append(PAMLine(content: content, number: start))
            }
            begun = ""
        }
        return lines
    }

    private static func content(of words: [String]) -> Content? {
        guard let first = words.first?.lowercased(), words.count > 1 else { return nil }
        if first == "@include" { return .include(words[1]) }
        guard first == "auth" || first == "-auth", words.count > 2 else { return nil }
        switch words[1].lowercased() {
        case "include": return .include(words[2])
        case "substack": return .substack(words[2])
        default: return .module(PAMControl(words[1]), name: words[2], arguments: Array(words[3...]))
        }
    }

    /// Words between blanks; what stands in brackets is one.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var (word, isBracketed) = ("", false)
        for character in text {
            if character.isWhitespace, !isBracketed {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if character == "[", word.isEmpty { isBracketed = true }
            if character == "]" { isBracketed = false }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word]
    }
}
