import Testing

@testable import TwinlockVarlink

@Suite("Framer")
struct FramerTests {
    /// Everything that comes out of one series of reads, and the error that ended it.
    static func cut(_ reads: [[UInt8]], maximumBytes: Int = 16) -> (messages: [String], error: FramingError?) {
        var framer = Framer(maximumBytes: maximumBytes)
        var messages: [String] = []
        do throws(FramingError) {
            for read in reads {
                read.withUnsafeBytes { framer.receive($0) }
                while let frame = try framer.next() { messages.append(frame.text) }
            }
        } catch {
            return (messages, error)
        }
        return (messages, nil)
    }

    @Test("two messages split at every byte come out alike", arguments: 0...10)
    func splitAnywhere(at split: Int) {
        let bytes = Array("one\0twenty\0".utf8)
        let (messages, error) = Self.cut([Array(bytes[..<split]), Array(bytes[split...])])
        #expect(messages == ["one", "twenty"])
        #expect(error == nil)
    }

    @Test("one byte a read")
    func bytewise() {
        #expect(Self.cut("one\0twenty\0".utf8.map { [$0] }).messages == ["one", "twenty"])
    }

    @Test("many messages in one read come out one by one, and cost their bytes alone")
    func manyInOneRead() throws {
        var framer = Framer()
        func next() throws -> Frame? { try framer.next() }
        let bytes = Array(repeatElement(Array("{}\0".utf8), count: 20_000).joined())
        bytes.withUnsafeBytes { framer.receive($0) }
        #expect(framer.heldBytes == 60_000)
        for _ in 0..<20_000 { #expect(try next()?.count == 2) }
        #expect(try next() == nil)
        #expect(framer.isEmpty)
        #expect(framer.heldBytes == 0)
    }

    @Test("a message of exactly the bound passes, its NUL not counted")
    func exactlyTheBound() {
        let (messages, error) = Self.cut([Array(repeatElement(0x61, count: 16)) + [0]])
        #expect(messages == [String(repeating: "a", count: 16)])
        #expect(error == nil)
    }

    @Test("one byte over the bound is refused, with and without its NUL", arguments: [[], [0]] as [[UInt8]])
    func overTheBound(tail: [UInt8]) {
        let (messages, error) = Self.cut([Array(repeatElement(0x61, count: 17)) + tail])
        #expect(messages.isEmpty)
        #expect(error == .messageTooLong)
    }

    @Test("what is over the bound is never stored")
    func boundBeforeBuffering() {
        var framer = Framer(maximumBytes: 16)
        func next() throws -> Frame? { try framer.next() }
        let small = Array("0123456789".utf8)
        small.withUnsafeBytes { framer.receive($0) }
        #expect(framer.heldBytes == 10)
        Array(repeatElement(UInt8(0x61), count: 100_000)).withUnsafeBytes { framer.receive($0) }
        #expect(framer.heldBytes == 10)
        small.withUnsafeBytes { framer.receive($0) }
        #expect(framer.heldBytes == 10)
        #expect(throws: FramingError.messageTooLong) { try next() }
    }

    @Test("whole messages before a fault come out first; after it nothing is taken")
    func orderOfFaults() {
        let fault = Self.cut([Array("one\0two\0\0three\0".utf8), Array("four\0".utf8)])
        #expect(fault.messages == ["one", "two"])
        #expect(fault.error == .emptyMessage)
    }

    @Test("a NUL with nothing before it is an error", arguments: ["\0", "one\0\0"])
    func empty(text: String) {
        #expect(Self.cut([Array(text.utf8)]).error == .emptyMessage)
    }

    @Test("a message that was handed out is zero in the backlog, while others still wait there")
    func wipedWhenCut() throws {
        var framer = Framer()
        Array("secret\0two\0th".utf8).withUnsafeBytes { framer.receive($0) }
        let first = try framer.next()
        #expect(first?.text == "secret")
        #expect(framer.backlog?.bytes == Array(repeatElement(0, count: 7)) + Array("two\0th".utf8))
        let second = try framer.next()
        #expect(second?.text == "two")
        #expect(framer.backlog?.text == "th")
    }

    @Test("no NUL: nothing comes out")
    func unfinished() throws {
        var framer = Framer()
        func next() throws -> Frame? { try framer.next() }
        Array("one".utf8).withUnsafeBytes { framer.receive($0) }
        #expect(try next() == nil)
        #expect(!framer.isEmpty)
        framer.discard()
        #expect(framer.isEmpty)
    }

    @Test("the protocol's bound is 65536 bytes")
    func wireBound() throws {
        var framer = Framer()
        func next() throws -> Frame? { try framer.next() }
        Array(repeatElement(UInt8(0x61), count: 65_536)).withUnsafeBytes { framer.receive($0) }
        [UInt8(0)].withUnsafeBytes { framer.receive($0) }
        #expect(try next()?.count == 65_536)
        Array(repeatElement(UInt8(0x61), count: 65_537)).withUnsafeBytes { framer.receive($0) }
        #expect(throws: FramingError.messageTooLong) { try next() }
    }
}
