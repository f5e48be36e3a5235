/// One call as it came: its envelope is checked, its method and parameters are not.
public struct Call: Sendable {
    /// Interface, dot, method, as the peer sent it, unchecked.
    public let method: String
    /// No reply at all is wanted, not even an error.
    public let oneway: Bool
    /// Several replies are welcome.
    public let more: Bool
    /// An object.
    ///
    /// Absent, null and nothing are the same; an empty object stays one.
    public let parameters: JSONValue?

    /// What stands before the method's last dot; empty if there is none.
    public var interfaceName: String {
        guard let dot = self.method.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
        return String(self.method[..<dot])
    }

    /// What stands behind the method's last dot; all of it if there is none.
    public var memberName: String {
        guard let dot = self.method.utf8.lastIndex(of: UInt8(ascii: ".")) else { return self.method }
        return String(self.method.utf8[self.method.utf8.index(after: dot)...]) ?? ""
    }

    /// Reads a call.
    ///
    /// - Parameter frame: From the peer, unchecked, without the NUL. Handed over: nobody may change it afterwards.
    /// - Throws: Every reason to close the connection.
    public static func decode(_ frame: Frame) throws(CallError) -> Call {
        var envelope = Envelope()
        for (key, value) in try Self.members(of: frame) {
            try envelope.take(key, value)
        }
        return try envelope.call()
    }

    /// Writes a call, without the NUL.
    ///
    /// False flags and empty parameters are left out.
    ///
    /// - Parameter parameters: Writes the members; the object is opened and closed around it.
    public static func encode(
        method: String,
        oneway: Bool,
        more: Bool,
        into frame: Frame,
        parameters: ((inout JSONWriter) -> Void)?
    ) {
        precondition(!(oneway && more), "a call without a reply has no series of them")
        var writer = JSONWriter(into: frame)
        writer.beginObject()
        writer.member("method", method)
        if let parameters { writer.parameters(leavingOutEmpty: true, parameters) }
        if oneway { writer.member("oneway", true) }
        if more { writer.member("more", true) }
        writer.endObject()
    }

    private static func members(of frame: Frame) throws(CallError) -> [(name: String, value: JSONValue)] {
        let message: JSONValue
        do throws(JSONError) {
            message = try JSONValue.parse(frame)
        } catch {
            throw .json(error)
        }
        guard let members = message.members else { throw .notAnObject }
        return members
    }
}

/// The top-level keys of a call, taken one by one.
private struct Envelope {
    private var method: String?
    private var parameters: JSONValue?
    private var oneway = false
    private var more = false
    private var upgrade = false

    mutating func take(_ key: String, _ value: JSONValue) throws(CallError) {
        switch key {
        case "method":
            guard let method = value.string else { throw .methodNotAString }
            self.method = method
        case "parameters":
            guard value.kind == .object || value.isNull else { throw .parametersNotAnObject }
            self.parameters = value.isNull ? nil : value
        case "oneway": self.oneway = try self.flag(value)
        case "more": self.more = try self.flag(value)
        case "upgrade": self.upgrade = try self.flag(value)
        case _ where key.utf8.contains(UInt8(ascii: ".")):
            guard value.kind == .object else { throw .extensionNotAnObject }
        default: throw .unknownKey
        }
    }

    func call() throws(CallError) -> Call {
        guard [self.oneway, self.more, self.upgrade].count(where: { $0 }) <= 1 else { throw .contradictingFlags }
        guard !self.upgrade else { throw .upgradeAsked }
        guard let method = self.method else { throw .methodMissing }
        return Call(method: method, oneway: self.oneway, more: self.more, parameters: self.parameters)
    }

    private func flag(_ value: JSONValue) throws(CallError) -> Bool {
        guard let flag = value.bool else { throw .flagNotABoolean }
        return flag
    }
}
