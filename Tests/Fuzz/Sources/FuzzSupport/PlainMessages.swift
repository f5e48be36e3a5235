/// A call as the protocol's rules have it, read a second time and simply.
package struct PlainCall: Equatable {
    package let method: String
    package let oneway: Bool
    package let more: Bool
    package let parameters: PlainJSON?

    /// The call in a message, or nothing where the connection is to be closed.
    package init?(_ message: [UInt8]) {
        guard case .object(let members)? = PlainJSON(message) else { return nil }
        let value = PlainJSON.object(members)
        var flags: [String: Bool] = [:]
        for member in members {
            switch (String(decoding: member.name, as: UTF8.self), member.value) {
            case ("method", .string), ("parameters", .object), ("parameters", .null): break
            case (let flag, .bool(let isTrue)) where ["oneway", "more", "upgrade"].contains(flag): flags[flag] = isTrue
            case (let name, .object) where name.utf8.contains(UInt8(ascii: ".")): break
            default: return nil
            }
        }
        guard case .string(let method)? = value["method"], flags["upgrade"] != true,
            flags["oneway"] != true || flags["more"] != true
        else { return nil }
        self.method = String(decoding: method, as: UTF8.self)
        self.oneway = flags["oneway"] == true
        self.more = flags["more"] == true
        self.parameters = value["parameters"] == .null ? nil : value["parameters"]
    }

    /// What stands before the method's last dot.
    ///
    /// Of bytes: a dot with a combining mark behind it is another character, and still a dot here.
    package var interface: String {
        let parts = Array(self.method.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return String(decoding: Array(parts.dropLast().joined(separator: [UInt8(ascii: ".")])), as: UTF8.self)
    }
}

/// A reply as the protocol's rules have it, read a second time and simply.
package struct PlainReply: Equatable {
    package let error: String?
    package let continues: Bool
    package let parameters: PlainJSON?

    /// The reply in a message, or nothing where the connection is to be closed.
    package init?(_ message: [UInt8], more: Bool) {
        guard case .object(let members)? = PlainJSON(message) else { return nil }
        let value = PlainJSON.object(members)
        for member in members {
            switch (String(decoding: member.name, as: UTF8.self), member.value) {
            case ("parameters", .object), ("parameters", .null), ("continues", .bool): break
            case ("error", .string(let name)) where !name.isEmpty: break
            default: return nil
            }
        }
        self.continues = value["continues"] == .bool(true)
        if case .string(let name)? = value["error"] {
            self.error = String(decoding: name, as: UTF8.self)
        } else {
            self.error = nil
        }
        self.parameters = value["parameters"] == .null ? nil : value["parameters"]
        if self.continues && (!more || self.error != nil) { return nil }
    }
}

/// The messages in a stream of bytes, cut a second time and simply.
package struct PlainMessages: Equatable {
    package enum End: Equatable {
        /// All messages are whole and nothing is wrong.
        case none
        /// The last message has not ended yet.
        case unfinished
        case tooLong
        case empty
    }

    package let messages: [[UInt8]]
    package let end: End

    package init(_ bytes: [UInt8], maximumBytes: Int = 65_536) {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
        let good = parts.dropLast().prefix { !$0.isEmpty && $0.count <= maximumBytes }
        self.messages = good.map(Array.init)
        let rest = parts[good.count]
        if rest.count > maximumBytes {
            self.end = .tooLong
        } else if good.count < parts.count - 1 {
            self.end = .empty
        } else {
            self.end = rest.isEmpty ? .none : .unfinished
        }
    }
}
