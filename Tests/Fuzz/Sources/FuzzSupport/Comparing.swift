@testable package import TwinlockVarlink

extension Frame {
    /// A frame of these bytes.
    package convenience init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count)
        bytes.withUnsafeBytes { self.append($0) }
    }

    package var bytes: [UInt8] { self.withUnsafeBytes { Array($0) } }
}

extension JSONValue {
    /// Whether everything that can be asked of this value and of those in it is what the second reader says.
    package func isSame(as plain: PlainJSON) -> Bool {
        switch plain {
        case .null: self.kind == .null && self.isNull
        case .bool(let bool): self.kind == .bool && self.bool == bool
        case .integer(let integer): self.kind == .integer && self.integer == integer
        case .number(let text):
            self.kind == .number && self.integer == nil && self.numberText == text
                && self.double == Double(text).flatMap { $0.isFinite ? $0 : nil }
        case .string(let bytes):
            self.kind == .string && self.secret?.withUnsafeBytes { Array($0) } == bytes
                && self.string.map { Array($0.utf8) } == bytes
        case .array(let elements): self.kind == .array && self.isSame(as: elements)
        case .object(let members): self.kind == .object && self.isSame(as: members)
        }
    }

    private func isSame(as plain: [PlainJSON]) -> Bool {
        guard let elements = self.elements, elements.count == plain.count else { return false }
        return zip(elements, plain).allSatisfy { $0.isSame(as: $1) }
    }

    private func isSame(as plain: [PlainJSON.Member]) -> Bool {
        guard let members = self.members, members.count == plain.count else { return false }
        return zip(members, plain).allSatisfy { member, plain in
            Array(member.name.utf8) == plain.name && member.value.isSame(as: plain.value)
                && self[member.name]?.kind == member.value.kind
        }
    }
}

extension JSONValue? {
    /// Whether both are nothing, or the same.
    package func isSame(as plain: PlainJSON?) -> Bool {
        switch (self, plain) {
        case (nil, nil): true
        case (let value?, let plain?): value.isSame(as: plain)
        case (nil, _), (_, nil): false
        }
    }
}
