/// Why what a server sent is no reply to our call.
///
/// Each ends the connection.
public enum ReplyError: Error, Hashable, Sendable {
    /// The bytes are no message.
    case framing(FramingError)
    /// The message is not the JSON that this protocol takes.
    case json(JSONError)
    /// The message is JSON, but no object.
    case notAnObject
    /// A top-level key other than `parameters`, `continues` and `error`.
    case unknownKey
    /// `parameters` is neither an object nor null.
    case parametersNotAnObject
    /// `error` is not a string with something in it.
    case errorNotAString
    /// `continues` is not a boolean.
    case flagNotABoolean
    /// `continues` is true, and nobody asked for `more`.
    case continuesUnasked
    /// `continues` is true in an error.
    case errorContinues
    /// Bytes came that no call of ours waits for.
    case unasked
}

extension ReplyError: CustomStringConvertible {
    /// What is wrong, without a byte of the message.
    public var description: String {
        switch self {
        case .framing(let error): error.description
        case .json(let error): error.description
        case .notAnObject: "reply is not an object"
        case .unknownKey: "unknown key in a reply"
        case .parametersNotAnObject: "parameters of a reply are not an object"
        case .errorNotAString: "error of a reply is not a name"
        case .flagNotABoolean: "flag of a reply is not a boolean"
        case .continuesUnasked: "reply announces more where none was asked for"
        case .errorContinues: "error announces more replies"
        case .unasked: "reply without a call"
        }
    }
}
