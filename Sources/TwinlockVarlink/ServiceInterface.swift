/// `org.varlink.service`, which every Varlink server offers.
enum ServiceInterface {
    static let name = "org.varlink.service"

    /// The interface's own text.
    static let description = """
        # What every Varlink server tells about itself.
        interface org.varlink.service

        # Who made this server, and the names of the interfaces that it offers, this one included.
        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        # The text of one of the interfaces, as this one is a text.
        method GetInterfaceDescription(interface: string) -> (description: string)

        # No interface of that name is offered.
        error InterfaceNotFound(interface: string)

        # No method of that name is offered.
        error MethodNotFound(method: string)

        # The method is declared, but this server does not provide it.
        error MethodNotImplemented(method: string)

        # A parameter is unknown, missing, of another type or out of range.
        error InvalidParameter(parameter: string)

        # The peer may not make this call.
        error PermissionDenied()

        # The method answers only a call that has the flag "more".
        error ExpectedMore()

        """
}
