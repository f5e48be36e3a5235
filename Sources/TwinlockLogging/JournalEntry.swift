public import Logging

/// One message of the log in the journal's native protocol: fields that can be searched, such as `TWINLOCK_USER`.
public enum JournalEntry {
    /// The datagram. Values go with their length in front, so that no byte in them can begin another field.
    public static func bytes(
        level: Logger.Level,
        message: Logger.Message,
        metadata: Logger.Metadata,
        identifier: String
    ) -> [UInt8] {
        var entry: [UInt8] = []
        self.append("PRIORITY", "\(level.syslogPriority)", to: &entry)
        self.append("SYSLOG_IDENTIFIER", identifier, to: &entry)
        self.append("MESSAGE", LogLine.escaped("\(message)"), to: &entry)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where "\(value)" != "" {
            self.append("TWINLOCK_\(Self.fieldName(key))", "\(value)", to: &entry)
        }
        return entry
    }

    private static func append(_ name: String, _ value: String, to entry: inout [UInt8]) {
        let value = Array(value.utf8)
        entry += Array(name.utf8)
        entry.append(UInt8(ascii: "\n"))
        withUnsafeBytes(of: UInt64(value.count).littleEndian) { entry += Array($0) }
        entry += value
        entry.append(UInt8(ascii: "\n"))
    }

    /// Upper case letters, digits and underscores, as the journal wants them.
    private static func fieldName(_ key: String) -> String {
        String(key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
