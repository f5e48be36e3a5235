public import TwinlockInterface
public import TwinlockVarlink

/// Why a call brought no result.
public enum CallFailure: Error, Hashable, Sendable {
    /// The daemon was not reached. Nothing was sent.
    case socket(SocketError)
    /// The connection brought no answer. Unless the case says so, the call may have been carried out.
    case connection(ClientError)
    /// The daemon refused, with an error that our interfaces declare.
    case refused(NamedError)
    /// `org.varlink.service.PermissionDenied`: this caller may not do that.
    case permissionDenied
    /// `org.varlink.service.InvalidParameter`, with the field that the daemon does not take.
    case invalidParameter(String)
    /// `org.varlink.service.ExpectedMore`: the method answers a series alone.
    case expectedMore
    /// The daemon does not know the method, or does not provide it: it is of another version.
    case unknownMethod
    /// The daemon answered with an error that this program does not know: it is of another version.
    case unknownError(name: String)
    /// The result lacks this member, or has it in another form: the daemon is of another version.
    case unexpectedResult(member: String)
}

extension CallFailure {
    /// What an error reply says.
    init(errorReply name: String, parameters: JSONValue?) {
        if let named = NamedError(name: name, parameters: parameters) {
            self = .refused(named)
            return
        }
        switch name {
        case "org.varlink.service.PermissionDenied": self = .permissionDenied
        case "org.varlink.service.InvalidParameter":
            self = .invalidParameter(parameters?["parameter"]?.string ?? "")
        case "org.varlink.service.ExpectedMore": self = .expectedMore
        case "org.varlink.service.MethodNotFound", "org.varlink.service.InterfaceNotFound",
            "org.varlink.service.MethodNotImplemented":
            self = .unknownMethod
        default: self = .unknownError(name: name)
        }
    }
}

extension CallFailure: CustomStringConvertible {
    /// What failed, for a person; it may hold words of the daemon's.
    public var description: String {
        switch self {
        case .socket(let error): "cannot reach the daemon: \(error)"
        case .connection(let error): "\(error)"
        case .refused(let error): "refused: \(error.member)"
        case .permissionDenied: "not allowed"
        case .invalidParameter(let name): "the daemon does not take the parameter \(name)"
        case .expectedMore: "the method answers with a series of replies alone"
        case .unknownMethod: "the daemon does not know the method"
        case .unknownError(let name): "unknown error \(name)"
        case .unexpectedResult(let member): "the result lacks `\(member)`, or has it in another form"
        }
    }
}
