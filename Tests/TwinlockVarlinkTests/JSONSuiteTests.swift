import Glibc
import Testing

@testable import TwinlockVarlink

/// JSONTestSuite by Nicolas Seriot: `y_` texts are well-formed, `n_` texts are not, `i_` texts each parser decides about.
///
/// The texts are not ours: `Tests/get-json-suite` fetches them, and says whether they are the ones that are known here.
@Suite("Public suite of JSON texts")
struct JSONSuiteTests {
    static let directory: String = {
        if let named = getenv("TWINLOCK_JSON_SUITE") { return String(cString: named) }
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/.build/json-suite"
    }()

    static let names: [String] = {
        guard let stream = opendir(Self.directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted()
    }()

    static func names(_ prefix: String) -> [String] { self.names.filter { $0.hasPrefix(prefix) } }

    static func text(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen("\(Self.directory)/\(name)", "r"))
        defer { fclose(file) }
        var text: [UInt8] = []
        while case let byte = getc(file), byte != EOF { text.append(UInt8(truncatingIfNeeded: byte)) }
        return text
    }

    /// How a text is read by the protocol's rules, however long it is.
    static func error(_ name: String) throws -> JSONError? {
        let frame = Frame(try self.text(name))
        do throws(JSONError) {
            _ = try JSONValue.parse(frame, limits: JSONLimits(textBytes: 1 << 20))
            return nil
        } catch {
            return error
        }
    }

    /// Well-formed texts that this protocol refuses all the same.
    static let strict: [String: JSONError] = [
        // A name that stands twice: one reader would take the first, the next one the last.
        "y_object_duplicated_key.json": .repeatedName(offset: 10),
        "y_object_duplicated_key_and_value.json": .repeatedName(offset: 10),
        // U+0000: C code behind us would cut the text there.
        "y_object_escaped_null_in_key.json": .nulCharacter(offset: 5),
        "y_string_null_escape.json": .nulCharacter(offset: 2),
    ]

    /// What is decided about texts that a parser may take or refuse: nil is taken.
    static let decided: [String: JSONError?] = [
        // Numbers of any size are well-formed. Nobody here asks for more than an `Int64`.
        "i_number_double_huge_neg_exp.json": nil,
        "i_number_huge_exp.json": nil,
        "i_number_neg_int_huge_exp.json": nil,
        "i_number_pos_double_huge_exp.json": nil,
        "i_number_real_neg_overflow.json": nil,
        "i_number_real_pos_overflow.json": nil,
        "i_number_real_underflow.json": nil,
        "i_number_too_big_neg_int.json": nil,
        "i_number_too_big_pos_int.json": nil,
        "i_number_very_big_negative_int.json": nil,
        // Half a surrogate pair has no UTF-8.
        "i_object_key_lone_2nd_surrogate.json": .loneSurrogate(offset: 2),
        "i_string_1st_surrogate_but_2nd_missing.json": .loneSurrogate(offset: 2),
        "i_string_1st_valid_surrogate_2nd_invalid.json": .loneSurrogate(offset: 2),
        "i_string_incomplete_surrogate_and_escape_valid.json": .loneSurrogate(offset: 2),
        "i_string_incomplete_surrogate_pair.json": .loneSurrogate(offset: 2),
        "i_string_incomplete_surrogates_escape_valid.json": .loneSurrogate(offset: 2),
        "i_string_invalid_lonely_surrogate.json": .loneSurrogate(offset: 2),
        "i_string_invalid_surrogate.json": .loneSurrogate(offset: 2),
        "i_string_inverted_surrogates_U+1D11E.json": .loneSurrogate(offset: 2),
        "i_string_lone_second_surrogate.json": .loneSurrogate(offset: 2),
        // A message is UTF-8.
        "i_string_UTF-8_invalid_sequence.json": .invalidUTF8(offset: 7),
        "i_string_UTF8_surrogate_U+D800.json": .invalidUTF8(offset: 2),
        "i_string_invalid_utf-8.json": .invalidUTF8(offset: 2),
        "i_string_iso_latin_1.json": .invalidUTF8(offset: 2),
        "i_string_lone_utf8_continuation_byte.json": .invalidUTF8(offset: 2),
        "i_string_not_in_unicode_range.json": .invalidUTF8(offset: 2),
        "i_string_overlong_sequence_2_bytes.json": .invalidUTF8(offset: 2),
        "i_string_overlong_sequence_6_bytes.json": .invalidUTF8(offset: 2),
        "i_string_overlong_sequence_6_bytes_null.json": .invalidUTF8(offset: 2),
        "i_string_truncated-utf-8.json": .invalidUTF8(offset: 2),
        "i_string_UTF-16LE_with_BOM.json": .unexpectedByte(offset: 0),
        "i_string_utf16BE_no_BOM.json": .unexpectedByte(offset: 0),
        "i_string_utf16LE_no_BOM.json": .unexpectedByte(offset: 1),
        "i_structure_UTF-8_BOM_empty_object.json": .byteOrderMark,
        // The protocol's own bound.
        "i_structure_500_nested_arrays.json": .tooDeep(offset: 32),
    ]

    @Test("the suite is there, whole")
    func isThere() {
        let words: Comment = "no suite in \(Self.directory): run make test, or Tests/get-json-suite .build/json-suite"
        #expect(Self.names("y_").count == 95, words)
        #expect(Self.names("n_").count == 189, words)
        #expect(Self.names("i_").count == 35, words)
        #expect(Self.names.count == 319, words)
    }

    @Test("a well-formed text is taken, but for the few that this protocol refuses", arguments: names("y_"))
    func wellFormed(name: String) throws {
        #expect(try Self.error(name) == Self.strict[name])
    }

    @Test("a malformed text is refused, as long or deep as it may be", arguments: names("n_"))
    func malformed(name: String) throws {
        #expect(try Self.error(name) != nil)
        let frame = Frame(try Self.text(name))
        #expect(throws: JSONError.self) { try JSONValue.parse(frame) }
    }

    @Test("of each text that may be taken or refused it is known which", arguments: names("i_"))
    func decisions(name: String) throws {
        let decision = try #require(Self.decided[name], "nothing is decided about \(name)")
        #expect(try Self.error(name) == decision)
    }

    @Test("500 arrays inside each other are only too deep, not too much")
    func deeper() throws {
        let frame = Frame(try Self.text("i_structure_500_nested_arrays.json"))
        #expect(try JSONValue.parse(frame, limits: JSONLimits(depth: 500)).kind == .array)
    }

    @Test("no list names a text that is not there")
    func lists() {
        #expect(Set(Self.strict.keys).isSubset(of: Self.names("y_")))
        #expect(Set(Self.decided.keys) == Set(Self.names("i_")))
    }
}
