import TwinlockInterface
import TwinlockVarlink

/// Why a call is answered with an error.
enum Refusal: Error, Hashable {
    /// One of the interface's own errors.
    case named(NamedError)
    /// `org.varlink.service.PermissionDenied`.
    case permissionDenied
    /// `org.varlink.service.InvalidParameter`.
    case invalidParameter(String)

    /// The error as a method of that interface answers it.
    func reply(from interface: String) -> Reply {
        switch self {
        case .named(let error): error.reply(from: interface)
        case .permissionDenied: .permissionDenied
        case .invalidParameter(let name): .invalidParameter(name)
        }
    }
}
