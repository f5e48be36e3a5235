import Testing

@testable import TwinlockVarlink

@Suite("Frame")
struct FrameTests {
    static let secret = "correct horse battery staple"

    @Test("bytes come back in order, over many growths")
    func growth() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        let frame = Frame(capacity: 0)
        for byte in bytes[..<5000] { frame.append(byte) }
        bytes[5000...].withUnsafeBytes { frame.append($0) }
        #expect(frame.count == bytes.count)
        #expect(frame.bytes == bytes)
    }

    @Test("storage that is outgrown is zero before it is released")
    func outgrown() {
        let frame = Frame(capacity: 32)
        for byte in Self.secret.utf8 { frame.append(byte) }
        var released: [[UInt8]] = []
        frame.onRelease = { released.append(Array($0)) }
        for byte in Self.secret.utf8 { frame.append(byte) }
        #expect(released.count == 1)
        #expect(released.first?.count == 32)
        #expect(released.joined().allSatisfy { $0 == 0 })
        #expect(frame.text == Self.secret + Self.secret)
        frame.onRelease = nil
    }

    @Test("storage is zero when the frame dies")
    func death() {
        var released: [UInt8]?
        do {
            let frame = Frame(Self.secret)
            frame.onRelease = { released = Array($0) }
            #expect(frame.count == Self.secret.utf8.count)
        }
        #expect(released?.isEmpty == false)
        #expect(released?.allSatisfy { $0 == 0 } == true)
    }

    @Test("wipe leaves an empty frame over zeros, ready for use")
    func wipe() {
        let frame = Frame(capacity: 64)
        Self.secret.utf8.forEach(frame.append)
        frame.wipe()
        #expect(frame.count == 0)
        frame.withAllocation { storage in
            #expect(storage.prefix(Self.secret.utf8.count).allSatisfy { $0 == 0 })
        }
        "again".utf8.forEach(frame.append)
        #expect(frame.text == "again")
    }

    @Test("what is cut off or moved to the front leaves zeros behind")
    func cutting() {
        let frame = Frame(capacity: 64)
        "secretABC".utf8.forEach(frame.append)
        frame.removeFirst(6)
        #expect(frame.text == "ABC")
        frame.withAllocation { #expect($0[3..<9].allSatisfy { $0 == 0 }) }
        frame.truncate(to: 1)
        #expect(frame.text == "A")
        frame.withAllocation { #expect($0[1..<9].allSatisfy { $0 == 0 }) }
    }

    @Test("neither frame, value, secret nor call shows its bytes")
    func descriptions() throws {
        let frame = Frame(#"{"method":"a.b.C","parameters":{"password":"hunter2"}}"#)
        #expect("\(frame)" == "<frame of \(frame.count) bytes>")
        let call = try Call.decode(frame)
        let value = try #require(call.parameters?["password"])
        let secret = try #require(value.secret)
        #expect("\(secret)" == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
        #expect("\(value)" == "<string>")
        for subject in [call, value, secret, frame] as [Any] {
            var text = ""
            dump(subject, to: &text)
            print(subject, to: &text)
            debugPrint(subject, to: &text)
            #expect(!text.contains("hunter2"))
        }
    }

    @Test("a secret keeps its frame alive, and the frame is wiped when the last one goes")
    func lifetime() throws {
        var released: [UInt8]?
        weak var frame: Frame?
        do {
            var secret: SecretText?
            do {
                let message = Frame(#"{"password":"hunter\u0032"}"#)
                message.onRelease = { released = Array($0) }
                frame = message
                secret = try JSONValue.parse(message)["password"]?.secret
            }
            #expect(frame != nil)
            #expect(released == nil)
            #expect(secret?.count == 7)
            #expect(secret?.withUnsafeBytes { Array($0) } == Array("hunter2".utf8))
            #expect(secret?.hasPrefix("hunt") == true)
            #expect(secret?.hasPrefix("hunter22") == false)
            secret = nil
        }
        #expect(frame == nil)
        #expect(released?.allSatisfy { $0 == 0 } == true)
    }
}
