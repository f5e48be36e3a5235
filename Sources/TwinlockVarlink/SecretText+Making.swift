extension SecretText {
    /// A text in a frame of its own, for a message that is to be sent.
    ///
    /// - Parameter bytes: Valid UTF-8 without U+0000.
    public init(copying bytes: UnsafeRawBufferPointer) {
        let frame = Frame(capacity: bytes.count)
        frame.append(bytes)
        self.init(frame: frame, range: 0..<frame.count)
    }

    /// A text that is written in place, so that no other copy of it ever is.
    ///
    /// - Parameters:
    ///   - count: Bytes of UTF-8.
    ///   - body: Writes all of them: valid UTF-8 without U+0000.
    public init(count: Int, initializingWith body: (UnsafeMutableRawBufferPointer) -> Void) {
        let frame = Frame(zeros: count)
        frame.withUnsafeMutableBytes { body($0) }
        self.init(frame: frame, range: 0..<count)
    }

    /// The empty text.
    public static var empty: SecretText {
        SecretText(count: 0) { _ in }
    }
}
