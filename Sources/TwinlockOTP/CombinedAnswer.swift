/// A password with a code typed right behind it, as programs that have one field send it.
public enum CombinedAnswer {
    /// Length of a recovery code in its dashed form, the only one that is looked for: `XXXXX-XXXXX`.
    private static let dashedCount = RecoveryCode.symbolCount + 1

    /// How many of the answer's bytes are the password: what stands before a recovery code in its dashed form, else
    /// before so many ASCII digits, else all of them.
    ///
    /// Decided once, by the looks of the end alone. At least one byte is left for the password: an answer that is a
    /// code and nothing else is all password, so that it takes as long to refuse as any other.
    ///
    /// - Parameters:
    ///   - answer: Unchecked. Secret, and the caller's to wipe.
    ///   - digits: Length of the account's codes, within ``HOTP/digitCounts``.
    /// - Returns: `0...answer.count`, 0 for an empty answer alone.
    public static func passwordBytes(of answer: UnsafeRawBufferPointer, digits: Int) -> Int {
        for (count, isCode) in [(self.dashedCount, self.isDashed), (digits, self.isDigits)] where answer.count > count {
            let end = UnsafeRawBufferPointer(rebasing: answer[(answer.count - count)...])
            if isCode(end) { return answer.count - count }
        }
        return answer.count
    }

    private static func isDashed(_ end: UnsafeRawBufferPointer) -> Bool {
        end[RecoveryCode.symbolCount / 2] == UInt8(ascii: "-") && RecoveryCode(normalizing: end) != nil
    }

    private static func isDigits(_ end: UnsafeRawBufferPointer) -> Bool {
        end.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}
