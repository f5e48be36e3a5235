/// One reply as it came: its envelope is checked, its content is not.
struct ReceivedReply: Sendable {
    /// The error's name, or nothing for a success.
    private(set) var errorName: String?
    /// An object.
    ///
    /// Absent and null are the same.
    private(set) var parameters: JSONValue?
    /// More replies follow.
    private(set) var continues = false

    /// What it says, for who called.
    var answer: VarlinkClient.Answer {
        guard let name = self.errorName else { return .success(self.parameters) }
        return .error(name: name, parameters: self.parameters)
    }

    /// Reads a reply.
    ///
    /// - Parameters:
    ///   - frame: From the peer, unchecked, without the NUL. Handed over: nobody may change it afterwards.
    ///   - more: Whether the call asked for a series.
    static func decode(_ frame: Frame, more: Bool) throws(ReplyError) -> ReceivedReply {
        let message: JSONValue
        do throws(JSONError) {
            message = try JSONValue.parse(frame)
        } catch {
            throw .json(error)
        }
        guard let members = message.members else { throw .notAnObject }
        var reply = ReceivedReply()
        for (key, value) in members {
            try reply.take(key, value)
        }
        guard !reply.continues || reply.errorName == nil else { throw .errorContinues }
        guard !reply.continues || more else { throw .continuesUnasked }
        return reply
    }

    private mutating func take(_ key: String, _ value: JSONValue) throws(ReplyError) {
        switch key {
        case "parameters":
            guard value.kind == .object || value.isNull else { throw .parametersNotAnObject }
            self.parameters = value.isNull ? nil : value
        case "continues":
            guard let continues = value.bool else { throw .flagNotABoolean }
            self.continues = continues
        case "error":
            guard let name = value.string, !name.isEmpty else { throw .errorNotAString }
            self.errorName = name
        default: throw .unknownKey
        }
    }
}
