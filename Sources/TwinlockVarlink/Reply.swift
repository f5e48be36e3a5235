/// What a method answers.
///
/// The closure writes the members of `parameters` (the object is opened and closed around it), when the reply is encoded
/// and perhaps never: a reply to a peer that has gone is dropped.
public struct Reply: Sendable {
    /// Writes members into the object that is open.
    public typealias Parameters = @Sendable (inout JSONWriter) -> Void

    /// The error's fully qualified name; nothing if the call succeeded.
    public let errorName: String?
    private let parameters: Parameters

    /// Whether this is an error.
    public var isError: Bool { self.errorName != nil }

    /// The call was carried out.
    public static func success(_ parameters: @escaping Parameters = { _ in }) -> Reply {
        Reply(errorName: nil, parameters: parameters)
    }

    /// The call was not carried out.
    ///
    /// - Parameter name: Fully qualified, as the interface's text declares it.
    public static func error(_ name: String, _ parameters: @escaping Parameters = { _ in }) -> Reply {
        Reply(errorName: name, parameters: parameters)
    }

    /// Writes the reply, without the NUL.
    ///
    /// A success always has `parameters`; an error whose closure writes nothing has none, because clients that read
    /// strictly want an error without fields to come without them. The length is not bounded here: who answers with
    /// lists pages them.
    ///
    /// - Parameter continues: More replies follow. Never for an error, which ends a series.
    public func encode(continues: Bool, into frame: Frame) {
        precondition(!(continues && self.isError), "an error ends a series of replies")
        var writer = JSONWriter(into: frame)
        writer.beginObject()
        writer.member("error", self.errorName)
        writer.parameters(leavingOutEmpty: self.isError, self.parameters)
        if continues { writer.member("continues", true) }
        writer.endObject()
    }
}
