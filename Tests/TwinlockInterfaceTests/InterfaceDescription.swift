/// A reader of interface texts, so far as ours need one: enough to hold the code's tables against them.
struct InterfaceDescription {
    indirect enum Kind: Equatable {
        case bool, int, string
        case word([String])
        case array(Kind)
        case object([Member])
        case named(String)
    }

    struct Member: Equatable {
        let name: String
        let kind: Kind
        let isOptional: Bool
    }

    struct Failure: Error {
        let words: String
    }

    private(set) var name = ""
    private(set) var types: [String: Kind] = [:]
    private(set) var methods: [String: (parameters: [Member], result: [Member])] = [:]
    private(set) var errors: [String: [Member]] = [:]

    private var tokens: ArraySlice<String>

    init(_ text: String) throws {
        self.tokens = ArraySlice(Self.tokens(text))
        try self.expect("interface")
        self.name = try self.next()
        while let word = self.tokens.popFirst() {
            let member = try self.next()
            switch word {
            case "type": self.types[member] = try self.structOrEnum()
            case "error": self.errors[member] = try self.members()
            case "method":
                let parameters = try self.members()
                try self.expect("->")
                self.methods[member] = (parameters, try self.members())
            default: throw Failure(words: "unexpected \(word)")
            }
        }
    }

    /// The kind with every name replaced by what it stands for.
    func resolved(_ kind: Kind) throws -> Kind {
        switch kind {
        case .bool, .int, .string, .word: return kind
        case .array(let element): return .array(try self.resolved(element))
        case .object(let members): return .object(try self.resolved(members))
        case .named(let name):
            guard let kind = self.types[name] else { throw Failure(words: "no type \(name)") }
            return try self.resolved(kind)
        }
    }

    func resolved(_ members: [Member]) throws -> [Member] {
        try members.map { Member(name: $0.name, kind: try self.resolved($0.kind), isOptional: $0.isOptional) }
    }

    private static func tokens(_ text: String) -> [String] {
        let code = text.split(separator: "\n").map { $0.prefix { $0 != "#" } }.joined(separator: "\n")
        var tokens: [String] = []
        var word = ""
        for character in code.replacing("->", with: " \u{2192} ").replacing("[]", with: " \u{25a1} ") {
            if "(),:?\u{2192}\u{25a1}".contains(character) || character.isWhitespace {
                if !word.isEmpty { tokens.append(word) }
                word = ""
                if !character.isWhitespace {
                    tokens.append(character == "\u{2192}" ? "->" : character == "\u{25a1}" ? "[]" : String(character))
                }
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? tokens : tokens + [word]
    }

    private mutating func next() throws -> String {
        guard let token = self.tokens.popFirst() else { throw Failure(words: "the text ends too soon") }
        return token
    }

    private mutating func expect(_ token: String) throws {
        let found = try self.next()
        guard found == token else { throw Failure(words: "expected \(token), found \(found)") }
    }

    private mutating func members() throws -> [Member] {
        guard case .object(let members) = try self.structOrEnum() else { throw Failure(words: "expected a struct") }
        return members
    }

    private mutating func structOrEnum() throws -> Kind {
        try self.expect("(")
        var members: [Member] = []
        var words: [String] = []
        while self.tokens.first != ")" {
            let name = try self.next()
            if self.tokens.first == ":" {
                try self.expect(":")
                members.append(try self.member(name))
            } else {
                words.append(name)
            }
            if self.tokens.first == "," { try self.expect(",") }
        }
        try self.expect(")")
        return words.isEmpty ? .object(members) : .word(words)
    }

    private mutating func member(_ name: String) throws -> Member {
        let isOptional = self.tokens.first == "?"
        if isOptional { try self.expect("?") }
        return Member(name: name, kind: try self.kind(), isOptional: isOptional)
    }

    private mutating func kind() throws -> Kind {
        if self.tokens.first == "(" { return try self.structOrEnum() }
        switch try self.next() {
        case "[]": return .array(try self.kind())
        case "bool": return .bool
        case "int": return .int
        case "string": return .string
        case let name: return .named(name)
        }
    }
}
