import FuzzSupport

@testable import TwinlockVarlink

/// However a stream is cut into reads, the same messages come out and the same error ends it.
private func check(_ bytes: [UInt8], readsOf sizes: [Int], maximumBytes: Int) {
    let expected = PlainMessages(bytes, maximumBytes: maximumBytes)
    var framer = Framer(maximumBytes: maximumBytes)
    var messages: [[UInt8]] = []
    var end: PlainMessages.End?
    var position = 0
    var turn = 0
    do throws(FramingError) {
        repeat {
            let read = Array(bytes[position..<min(bytes.count, position + sizes[turn % sizes.count])])
            read.withUnsafeBytes { framer.receive($0) }
            position += read.count
            turn += 1
            // Every third read several messages wait before one is asked for.
            while turn % 3 != 0 || position == bytes.count, let message = try framer.next() {
                messages.append(message.bytes)
            }
            claim(framer.heldBytes <= position, "more is held than came")
        } while position < bytes.count
        end = framer.isEmpty ? PlainMessages.End.none : .unfinished
    } catch {
        switch error {
        case .messageTooLong: end = .tooLong
        case .emptyMessage: end = .empty
        }
        let held = framer.heldBytes
        [0x61, 0].withUnsafeBytes { framer.receive($0) }
        claim(framer.heldBytes == held, "something was stored after the error")
    }
    claim(messages == expected.messages, "messages differ with reads of \(sizes) and \(maximumBytes) bytes a message")
    claim(end == expected.end, "\(String(describing: end)) instead of \(expected.end) with reads of \(sizes)")
    framer.discard()
    claim(framer.heldBytes == 0, "something is held after discarding")
}

fuzz { start, count in
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    for maximumBytes in [8, 65_536] {
        check(bytes, readsOf: [max(1, count)], maximumBytes: maximumBytes)
        check(bytes, readsOf: [1], maximumBytes: maximumBytes)
        // The input itself says how it is cut once more.
        check(bytes, readsOf: bytes.prefix(7).map { 1 + Int($0 % 16) } + [3], maximumBytes: maximumBytes)
    }
    return 0
}
