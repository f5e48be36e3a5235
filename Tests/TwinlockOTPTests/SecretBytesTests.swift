import Testing

@testable import TwinlockOTP

@Suite("Secret bytes")
struct SecretBytesTests {
    private struct Holder {
        let name = "holder"
        let secret = SecretBytes("swordfish")
    }

    private struct Interrupted: Error {}

    @Test("they never print, whoever holds them")
    func printing() {
        let holder = Holder()
        let secret = holder.secret
        var dumped = ""
        dump(holder, to: &dumped)
        dump(secret, to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(holder)", "\([secret])",
            "\(["key": secret])", "\(Optional(secret) as Any)", "\((secret, 1))", "\(Result<_, Never>.success(secret))",
            dumped,
        ]
        for text in texts {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("swordfish"))
            #expect(!text.contains("0x"))
            #expect(!text.contains("115, 119"))
        }
        #expect("\(secret)" == "<redacted>")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test("they are what they were filled with", arguments: [0, 1, 9, 4095, 4096, 4097, 20_000])
    func filling(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        let copied = bytes.withUnsafeBytes { SecretBytes(copying: $0) }
        #expect(copied.count == count)
        #expect(copied.array == bytes)
        let filled = SecretBytes(count: count) { buffer in
            #expect(buffer.count == count)
            #expect(buffer.allSatisfy { $0 == 0 })
            buffer.copyBytes(from: bytes)
        }
        #expect(filled.array == bytes)
    }

    @Test("pages that others had before hold zeros, however many there are", arguments: [1, 200])
    func usedPages(count: Int) {
        for _ in 1...3 {
            let secrets = (0..<count).map { _ in
                SecretBytes(count: SecretPages.keptByteCount) { buffer in
                    #expect(buffer.allSatisfy { $0 == 0 })
                    for index in buffer.indices { buffer[index] = 0xff }
                }
            }
            #expect(Set(secrets.map { $0.withUnsafeBytes { $0.baseAddress } }).count == count, "each has its own")
        }
    }

    @Test("what filling throws comes out")
    func interruptedFilling() {
        #expect(throws: Interrupted.self) {
            try SecretBytes(count: 8) { buffer in
                buffer[0] = 1
                throw Interrupted()
            }
        }
    }

    @Test("equal means every byte and the length")
    func equality() {
        let secret = SecretBytes("swordfish")
        #expect(withBytes(of: "swordfish") { secret.isEqual(to: $0) })
        for text in ["", "s", "swordfis", "swordfishy", "swordfisg", "Swordfish", "swordfis\0"] {
            #expect(!withBytes(of: text) { secret.isEqual(to: $0) })
        }
        for offset in 0..<secret.count {
            for bit in 0..<8 {
                var other = secret.array
                other[offset] ^= 1 << UInt8(bit)
                #expect(!other.withUnsafeBytes { secret.isEqual(to: $0) })
            }
        }
        #expect(SecretBytes("").isEqual(to: UnsafeRawBufferPointer(start: nil, count: 0)))
    }

    @Test("they can be read from many threads at once")
    func sharing() async {
        let secret = SecretBytes("swordfish")
        let lengths = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { withBytes(of: "swordfish") { secret.isEqual(to: $0) } }
            }
            return await group.reduce(into: 0) { count, isEqual in count += isEqual ? 1 : 0 }
        }
        #expect(lengths == 64)
    }

    @Test("a scratch buffer starts as zeros and brings results and errors out")
    func wipedBuffer() throws {
        let sum = withWipedBuffer(count: 100) { buffer in
            #expect(buffer.count == 100)
            return buffer.reduce(0) { $0 + Int($1) }
        }
        #expect(sum == 0)
        #expect(throws: Interrupted.self) {
            try withWipedBuffer(count: 4) { (_) throws(Interrupted) in throw Interrupted() }
        }
    }

    @Test("wiping writes zeros over its range and nothing beside it")
    func wiping() {
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        bytes.withUnsafeMutableBytes { wipe(UnsafeMutableRawBufferPointer(rebasing: $0[1..<4])) }
        #expect(bytes == [1, 0, 0, 0, 5])
        wipe(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
}
