import TwinlockOTP

extension SecretBytes {
    /// Test data, which is no secret.
    convenience init(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    convenience init(bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    var array: [UInt8] { self.withUnsafeBytes { Array($0) } }

    var text: String { String(decoding: self.array, as: UTF8.self) }
}

/// The bytes of `text`, as the functions under test take them.
func withBytes<Result, Failure: Error>(
    of text: String,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    try SecretBytes(text).withUnsafeBytes(body)
}

/// Lower-case hex of `bytes`.
func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The bytes of a hex text.
func bytes(hex: String) -> [UInt8] {
    stride(from: 0, to: hex.utf8.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
}
