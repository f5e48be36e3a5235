extension Frame {
    /// Appends text that is no secret.
    public func append(_ text: String) {
        var text = text
        text.withUTF8 { self.append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a secret, in groups with a blank between them, or whole.
    ///
    /// - Parameter groupsOf: Bytes in a group, at least 1; the secret must be ASCII then. Nil: no groups.
    public func append(_ secret: SecretText, groupsOf group: Int? = nil) {
        secret.withUnsafeBytes { bytes in
            guard let group else { return self.append(bytes) }
            for start in stride(from: 0, to: bytes.count, by: group) {
                if start > 0 {
                    self.append(UInt8(ascii: " "))
                }
                self.append(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + group, bytes.count)]))
            }
        }
    }
}
