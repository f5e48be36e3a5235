extension StringProtocol {
    /// What stands before, between and behind the line feeds, empty lines too.
    ///
    /// Byte by byte: to Swift a carriage return and a line feed are one character, which is not a line feed.
    public var linesOfText: [Substring] {
        Substring(self).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Substring($0)
        }
    }
}
