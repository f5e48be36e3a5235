import Testing
import TwinlockInterface

@Suite("the interface texts explain every member")
struct DocumentationTests {
    /// The comment that stands in front of each declaration, line by line, without its marks.
    private static func comments(_ text: String) -> [String: [String]] {
        var comments: [String: [String]] = [:]
        var block: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") {
                block.append(String(line.dropFirst().drop { $0 == " " }))
                continue
            }
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "." }
            if let kind = words.first, ["interface", "type", "method", "error"].contains(kind), words.count > 1 {
                comments[String(words[1])] = block
            }
            block = []
        }
        return comments
    }

    /// Whether a block says what a member is: on a line of its own that begins with the name, or in a sentence that quotes it.
    private static func explains(_ block: [String], _ member: String) -> Bool {
        block.contains { line in
            line.hasPrefix(member + " ") || line.contains("`\(member)`")
        }
    }

    /// The block, and those that it refers to as "as for Name".
    private static func whole(_ name: String, in comments: [String: [String]]) -> [String] {
        let own = comments[name] ?? []
        let referred = own.flatMap { line -> [String] in
            guard let range = line.firstRange(of: "as for ") else { return [] }
            let other = String(line[range.upperBound...].prefix { $0.isLetter || $0.isNumber })
            return other == name ? [] : comments[other] ?? []
        }
        return own + referred
    }

    @Test("each interface, type, method and error has a comment that names its members", arguments: InterfaceText.all)
    func complete(interface: String, text: String) throws {
        let description = try InterfaceDescription(text)
        let comments = Self.comments(text)
        #expect(comments[interface]?.isEmpty == false)
        var declared: [(name: String, members: [String])] = []
        for (name, method) in description.methods {
            declared.append((name, (method.parameters + method.result).map(\.name)))
        }
        for (name, members) in description.errors { declared.append((name, members.map(\.name))) }
        for (name, kind) in description.types {
            switch kind {
            case .object(let members): declared.append((name, members.map(\.name)))
            case .word(let words): declared.append((name, words))
            case .bool, .int, .string, .array, .named: Issue.record("\(name) is neither a struct nor an enum")
            }
        }
        for (name, members) in declared {
            let block = Self.whole(name, in: comments)
            #expect(!block.isEmpty, "\(name) has no comment")
            for member in members {
                #expect(Self.explains(block, member), "\(interface).\(name) does not say what \(member) is")
            }
        }
    }
}
