/// Why what a peer sent is no call.
///
/// Each closes the connection without a reply.
public enum CallError: Error, Hashable, Sendable {
    /// The bytes are no message.
    case framing(FramingError)
    /// The message is not the JSON that this protocol takes.
    case json(JSONError)
    /// The message is JSON, but no object.
    case notAnObject
    /// A top-level key is neither known nor somebody's extension (which would have a dot).
    case unknownKey
    /// A top-level key with a dot holds something other than an object.
    case extensionNotAnObject
    /// There is no `method`.
    case methodMissing
    /// `method` is not a string.
    case methodNotAString
    /// `parameters` is neither an object nor null.
    case parametersNotAnObject
    /// `oneway`, `more` or `upgrade` is not a boolean. Null is none either.
    case flagNotABoolean
    /// Two of `oneway`, `more` and `upgrade` are true.
    case contradictingFlags
    /// `upgrade` is true. No method here gives the connection away.
    case upgradeAsked
}

extension CallError: CustomStringConvertible {
    /// What is wrong, without a byte of the message.
    public var description: String {
        switch self {
        case .framing(let error): error.description
        case .json(let error): error.description
        case .notAnObject: "message is not an object"
        case .unknownKey: "unknown key in a call"
        case .extensionNotAnObject: "extension key in a call does not hold an object"
        case .methodMissing: "call without a method"
        case .methodNotAString: "method is not a string"
        case .parametersNotAnObject: "parameters are not an object"
        case .flagNotABoolean: "flag of a call is not a boolean"
        case .contradictingFlags: "more than one flag of a call is true"
        case .upgradeAsked: "call asks for an upgrade"
        }
    }
}
