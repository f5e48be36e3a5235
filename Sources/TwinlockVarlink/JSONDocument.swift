/// One value's place in a parsed message.
struct JSONNode {
    enum Kind: UInt8 {
        case null
        case `true`
        case `false`
        /// A number without fraction and exponent that fits `Int64`.
        case integer
        /// Any other number.
        case number
        case string
        case array
        case object
    }

    let kind: Kind
    /// Offset of the first byte: behind the quote of a string, at the bracket of an array or object.
    let start: UInt32
    /// Bytes of a string, decoded, or of a number; elements of an array; members of an object.
    var length: UInt32 = 0
    /// Index of the first node that does not lie inside this one.
    var next: UInt32 = 0
}

/// A parsed message: its frame and the places of its values, in the order of the text.
///
/// A container's contents follow it directly; an object's are name, value, name, value. A node is 16 bytes and takes
/// two bytes of text at least, so that a message of 64 KiB never needs more than half a megabyte.
final class JSONDocument: Sendable {
    let frame: Frame
    let nodes: [JSONNode]

    init(frame: Frame, nodes: [JSONNode]) {
        self.frame = frame
        self.nodes = nodes
    }

    /// Reads the bytes of a string or number.
    func withBytes<R>(of node: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = Int(self.nodes[node].start)
        let end = start + Int(self.nodes[node].length)
        return try self.frame.withUnsafeBytes { bytes in
            // Checked here because a buffer pointer checks its bounds in debug builds alone.
            precondition(end <= bytes.count, "a frame is not wiped while its values are in use")
            return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
    }

    /// The text of a string or number.
    ///
    /// Makes a copy that nobody wipes: never for a secret.
    func text(of node: Int) -> String {
        self.withBytes(of: node) { String(decoding: $0, as: UTF8.self) }
    }
}
