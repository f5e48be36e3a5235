@testable import TwinlockVarlink

extension Frame {
    /// A frame of these bytes.
    convenience init(_ bytes: some Sequence<UInt8>) {
        self.init()
        for byte in bytes { self.append(byte) }
    }

    /// A frame of this text.
    convenience init(_ text: String) {
        self.init(text.utf8)
    }

    var bytes: [UInt8] { self.withUnsafeBytes { Array($0) } }

    var text: String { String(decoding: self.bytes, as: UTF8.self) }
}

extension JSONValue {
    /// The value of this text.
    static func parse(_ text: String) throws(JSONError) -> JSONValue {
        try self.parse(Frame(text))
    }
}

extension Reply {
    /// The reply as it goes out, without its NUL.
    var text: String {
        let frame = Frame()
        self.encode(continues: false, into: frame)
        return frame.text
    }
}

extension Peer {
    static let someone = Peer(uid: 1000, gid: 1000, groups: [], pid: 1)
}
