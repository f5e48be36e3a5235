package import TwinlockInterface

@testable package import TwinlockVarlink

/// Looks whether a message that was read is the same when it is written and read again.
package func claimRereads<M: Message>(_ message: M, as read: (JSONValue) throws -> M) {
    let text = written(message)
    guard let value = try? JSONValue.parse(Frame(text)), let again = try? read(value) else {
        fatalError("\(M.self) does not read what it wrote")
    }
    claim(written(again) == text, "\(M.self) is not the same when read again")
}

private func written(_ message: some Message) -> [UInt8] {
    let frame = Frame()
    var writer = JSONWriter(into: frame)
    writer.beginObject()
    message.write(to: &writer)
    writer.endObject()
    return frame.bytes
}
