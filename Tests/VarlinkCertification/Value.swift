import TwinlockVarlink

/// A value that the server hands over, and that it compares with what comes back.
indirect enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    case list([Value])
    /// A struct, a map or a set; names differ.
    case object([(name: String, value: Value)])

    /// An object's members; none for anything else.
    var members: [(name: String, value: Value)] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// Whether both have the same type, as far as JSON tells types apart.
    func isOfKind(_ other: JSONValue) -> Bool {
        switch self {
        case .null: other.kind == .null
        case .bool: other.kind == .bool
        case .int: other.kind == .integer
        case .float: other.kind == .number || other.kind == .integer
        case .string: other.kind == .string
        case .list: other.kind == .array
        case .object: other.kind == .object
        }
    }

    /// Whether the other is this value to the last bit.
    ///
    /// Members stand in any order; null and absent are the same.
    func matches(_ other: JSONValue?) -> Bool {
        guard let other, !other.isNull else { return self.isNull }
        return switch self {
        case .null: false
        case .bool(let value): other.bool == value
        case .int(let value): other.integer == value
        case .float(let value): other.double?.bitPattern == value.bitPattern
        case .string(let value): other.string.map { Self.areSame($0, value) } == true
        case .list(let values): other.elements.map { Self.match(values, $0) } == true
        case .object(let members): other.members.map { Self.match(members, $0) } == true
        }
    }

    private var isNull: Bool {
        switch self {
        case .null: true
        case .bool, .int, .float, .string, .list, .object: false
        }
    }

    private static func match(_ values: [Value], _ others: [JSONValue]) -> Bool {
        values.count == others.count && zip(values, others).allSatisfy { $0.matches($1) }
    }

    private static func match(
        _ members: [(name: String, value: Value)],
        _ others: [(name: String, value: JSONValue)]
    ) -> Bool {
        let areAllThere = members.allSatisfy { member in
            let other = others.first { self.areSame($0.name, member.name) }
            return member.value.matches(other?.value)
        }
        return areAllThere
            && others.allSatisfy { other in
                other.value.isNull || members.contains { self.areSame($0.name, other.name) }
            }
    }

    /// By bytes: for `==`, texts that look the same are equal.
    private static func areSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8)
    }
}

extension JSONWriter {
    mutating func value(_ value: Value) {
        switch value {
        case .null: self.null()
        case .bool(let value): self.bool(value)
        case .int(let value): self.integer(value)
        case .float(let value): self.double(value)
        case .string(let value): self.string(value)
        case .list(let values):
            self.beginArray()
            for value in values { self.value(value) }
            self.endArray()
        case .object(let members):
            self.beginObject()
            self.members(members)
            self.endObject()
        }
    }

    mutating func members(_ members: [(name: String, value: Value)]) {
        for (name, value) in members {
            self.name(name)
            self.value(value)
        }
    }
}

// MARK: - Literals, so that a table of values reads like one

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(floatLiteral value: Double) { self = .float(value) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: Value...) { self = .list(elements) }
    init(dictionaryLiteral members: (String, Value)...) { self = .object(members.map { (name: $0, value: $1) }) }
}
