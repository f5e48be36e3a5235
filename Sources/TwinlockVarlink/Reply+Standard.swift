/// The errors that `org.varlink.service` declares for every interface.
extension Reply {
    /// A parameter is unknown, missing, mistyped or out of range.
    ///
    /// - Parameter name: The field, as the interface's text has it.
    public static func invalidParameter(_ name: String) -> Reply {
        self.standard("InvalidParameter") { $0.member("parameter", name) }
    }

    /// There is no such method here.
    ///
    /// - Parameter method: As the call had it.
    public static func methodNotFound(_ method: String) -> Reply {
        self.standard("MethodNotFound") { $0.member("method", method) }
    }

    /// The interface declares the method; this server does not provide it.
    ///
    /// - Parameter method: As the call had it.
    public static func methodNotImplemented(_ method: String) -> Reply {
        self.standard("MethodNotImplemented") { $0.member("method", method) }
    }

    /// There is no such interface here.
    ///
    /// The answer of `GetInterfaceDescription` alone.
    ///
    /// - Parameter interface: As the call had it.
    public static func interfaceNotFound(_ interface: String) -> Reply {
        self.standard("InterfaceNotFound") { $0.member("interface", interface) }
    }

    /// The peer may not do that.
    public static var permissionDenied: Reply { self.standard("PermissionDenied") }

    /// The method has no meaning without `more`.
    public static var expectedMore: Reply { self.standard("ExpectedMore") }

    private static func standard(_ name: String, _ parameters: @escaping Parameters = { _ in }) -> Reply {
        self.error("\(ServiceInterface.name).\(name)", parameters)
    }
}
