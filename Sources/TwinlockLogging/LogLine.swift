public import Logging

/// One message of the log as text for standard error.
public enum LogLine {
    /// `user=… service=… message`, on one line, with control characters escaped.
    ///
    /// A name that a stranger sends may hold a newline or a terminal's control sequence; it must not forge a line.
    ///
    /// - Parameter priority: Whether to put the syslog priority in front as `<N>`, as service managers read it.
    public static func bytes(
        level: Logger.Level,
        message: Logger.Message,
        metadata: Logger.Metadata,
        priority: Bool
    ) -> [UInt8] {
        var line = priority ? "<\(level.syslogPriority)>" : "\(level.rawValue): "
        line += Self.escaped("\(message)")
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where "\(value)" != "" {
            line += " \(key)=\"\(Self.escaped("\(value)"))\""
        }
        line += "\n"
        return Array(line.utf8)
    }

    /// The text with control characters, quotes and backslashes as escapes.
    static func escaped(_ text: String) -> String {
        // Nearly always, and then it is not copied.
        guard text.unicodeScalars.contains(where: self.needsEscape) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: result += "\\\(scalar)"
            case _ where self.needsEscape(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x22, 0x5c, 0x7f...0x9f, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension Logger.Level {
    /// The number of syslog(3) and sd-daemon(3).
    public var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
