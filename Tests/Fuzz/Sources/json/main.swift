import FuzzSupport

@testable import TwinlockVarlink

/// What is taken, and what is read from it, is what a second reader takes and reads; written out and read again it is
/// the same.
private func checkValue(_ bytes: [UInt8], limits: PlainJSON.Limits) {
    let expected = PlainJSON(bytes, limits: limits)
    let value: JSONValue
    do throws(JSONError) {
        value = try JSONValue.parse(
            Frame(bytes),
            limits: JSONLimits(textBytes: limits.textBytes, depth: limits.depth, stringBytes: limits.stringBytes)
        )
    } catch {
        return claim(expected == nil, "refused by the one reader alone: \(error)")
    }
    guard let expected else { fatalError("taken by the one reader alone") }
    claim(value.isSame(as: expected), "read differently")
    let written = write(value)
    guard let again = try? JSONValue.parse(Frame(written)) else { fatalError("what was written is no JSON") }
    claim(write(again) == written, "not the same when written again")
    claim(again.isSame(as: expected), "not the same when read again")
}

private func write(_ value: JSONValue) -> [UInt8] {
    let frame = Frame()
    var writer = JSONWriter(into: frame)
    writer.value(value)
    claim(writer.isComplete, "not complete after one value")
    return frame.bytes
}

private func checkCall(_ bytes: [UInt8]) {
    let expected = PlainCall(bytes)
    do throws(CallError) {
        let call = try Call.decode(Frame(bytes))
        guard let expected else { fatalError("taken as a call by the one reader alone") }
        claim(
            call.method == expected.method && call.oneway == expected.oneway && call.more == expected.more
                && call.interfaceName == expected.interface && call.parameters.isSame(as: expected.parameters),
            "another call"
        )
        claim(
            call.method.utf8.suffix(call.memberName.utf8.count).elementsEqual(call.memberName.utf8),
            "the member's name is no end of the method's"
        )
    } catch {
        claim(expected == nil, "refused as a call by the one reader alone: \(error)")
    }
}

private func checkReply(_ bytes: [UInt8], more: Bool) {
    let expected = PlainReply(bytes, more: more)
    do throws(ReplyError) {
        let reply = try ReceivedReply.decode(Frame(bytes), more: more)
        guard let expected else { fatalError("taken as a reply by the one reader alone") }
        claim(
            reply.errorName == expected.error && reply.continues == expected.continues
                && reply.parameters.isSame(as: expected.parameters),
            "another reply"
        )
    } catch {
        claim(expected == nil, "refused as a reply by the one reader alone: \(error)")
    }
}

fuzz { start, count in
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    checkValue(bytes, limits: .wire)
    // Limits that a short input reaches.
    checkValue(bytes, limits: PlainJSON.Limits(textBytes: 256, depth: 3, stringBytes: 12))
    checkCall(bytes)
    checkReply(bytes, more: false)
    checkReply(bytes, more: true)
    return 0
}
