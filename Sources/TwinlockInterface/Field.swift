import TwinlockVarlink

/// One member of a method's parameters, a reply or an error: its name, its type and what it may hold.
///
/// The tables made of these are held against the `.varlink` texts by a test; the texts are the source of truth.
public struct Field: Sendable {
    /// What a member may hold.
    public indirect enum Kind: Sendable {
        case bool
        case int
        /// At most so many UTF-8 bytes.
        case string(maximumBytes: Int)
        /// Like `string`; stays a range of its message and is never printed.
        case secret(maximumBytes: Int)
        /// One of these words.
        case word([String])
        case array(Kind)
        case object([Field])
    }

    /// As in the interface text.
    public let name: String
    /// What it may hold.
    public let kind: Kind
    /// Whether it may be left out or null.
    public let isOptional: Bool

    static func required(_ name: String, _ kind: Kind) -> Field {
        Field(name: name, kind: kind, isOptional: false)
    }

    static func optional(_ name: String, _ kind: Kind) -> Field {
        Field(name: name, kind: kind, isOptional: true)
    }
}

/// A parameter is unknown, missing, mistyped or over-long: `org.varlink.service.InvalidParameter`.
public struct InvalidParameter: Error, Hashable, Sendable {
    /// The field's name; for a field of a field, the names joined by a dot.
    public let parameter: String
}

extension Field {
    /// Checks an object against a table: every member known, every required one there, every value of its kind.
    ///
    /// - Parameters:
    ///   - object: The parameters; nil is the empty object.
    ///   - fields: The table.
    ///   - ignoringUnknown: For replies: a newer server may say more than this program knows.
    ///   - prefix: Names of the enclosing fields, with the dot.
    static func check(
        _ object: JSONValue?,
        against fields: [Field],
        ignoringUnknown: Bool = false,
        prefix: String = ""
    ) throws(InvalidParameter) {
        if !ignoringUnknown {
            // Byte by byte, as members are read: to `==` U+212A, which is another name, is a K.
            for member in object?.members ?? []
            where !fields.contains(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) {
                throw InvalidParameter(parameter: prefix + member.name)
            }
        }
        for field in fields {
            let name = prefix + field.name
            guard let value = object?[field.name], !value.isNull else {
                guard field.isOptional else { throw InvalidParameter(parameter: name) }
                continue
            }
            try self.check(value, is: field.kind, name: name, ignoringUnknown: ignoringUnknown)
        }
    }

    private static func check(
        _ value: JSONValue,
        is kind: Kind,
        name: String,
        ignoringUnknown: Bool
    ) throws(InvalidParameter) {
        let fits: Bool
        switch kind {
        case .bool:
            fits = value.bool != nil
        case .int:
            fits = value.integer != nil
        case .string(let maximum), .secret(let maximum):
            fits = (value.secret?.count).map { $0 <= maximum } ?? false
        case .word(let words):
            fits = value.string.map(words.contains) ?? false
        case .array(let kind):
            fits = value.elements != nil
            for element in value.elements ?? [] {
                try self.check(element, is: kind, name: name, ignoringUnknown: ignoringUnknown)
            }
        case .object(let fields):
            fits = value.members != nil
            if fits {
                try self.check(value, against: fields, ignoringUnknown: ignoringUnknown, prefix: name + ".")
            }
        }
        guard fits else { throw InvalidParameter(parameter: name) }
    }
}
