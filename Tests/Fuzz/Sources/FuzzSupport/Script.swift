/// An input that says what arrives at a connection, and what else happens meanwhile.
///
/// Bytes stand for themselves. 0xFF, which no message may hold, makes the byte behind it an act; twice, it is itself
/// again. So a script can be read, and a fuzzer that adds, drops or moves bytes makes another one.
package struct Script {
    package enum Step {
        /// Bytes that arrive in one read.
        case bytes([UInt8])
        /// Something else happens.
        case act(Unicode.Scalar)
    }

    package let steps: [Step]

    package init(_ input: UnsafeRawBufferPointer) {
        var steps: [Step] = []
        var bytes: [UInt8] = []
        var rest = input[...]
        while let byte = rest.popFirst() {
            guard byte == 0xff, let act = rest.popFirst(), act != 0xff else {
                bytes.append(byte)
                continue
            }
            if !bytes.isEmpty { steps.append(.bytes(bytes)) }
            bytes = []
            steps.append(.act(Unicode.Scalar(act)))
        }
        if !bytes.isEmpty { steps.append(.bytes(bytes)) }
        self.steps = steps
    }
}
