public import TwinlockVarlink

/// The parameters of a method, or of its reply: a plain struct that reads itself from JSON by its table of fields.
public protocol Message: Sendable {
    /// Every member, in the order of the interface text.
    static var fields: [Field] { get }
    /// Reads an object whose members have been checked against `fields`.
    init(checked object: JSONValue?)
    /// Writes the members into an object that is open.
    func write(to json: inout JSONWriter)
}

extension Message {
    /// Reads parameters as they came from a caller.
    public init(parameters: JSONValue?) throws(InvalidParameter) {
        try Field.check(parameters, against: Self.fields)
        self.init(checked: parameters)
    }

    /// Reads a reply as it came from a server; members that this program does not know are left alone.
    public init(reply: JSONValue?) throws(InvalidParameter) {
        try Field.check(reply, against: Self.fields, ignoringUnknown: true)
        self.init(checked: reply)
    }
}

/// A message without members.
public struct Empty: Message {
    /// None.
    public static let fields: [Field] = []

    /// The empty message.
    public init() {}

    /// Reads nothing.
    public init(checked object: JSONValue?) {}

    /// Writes nothing.
    public func write(to json: inout JSONWriter) {}
}

/// A method of one of our interfaces: its name, and the types of what goes in and comes out.
public protocol Method: Sendable {
    /// What goes in.
    associatedtype Parameters: Message
    /// What comes out.
    associatedtype Result: Message
    /// Fully qualified.
    static var name: String { get }
}
