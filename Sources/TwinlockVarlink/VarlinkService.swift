/// Everything a server offers: what it says of itself, its interfaces' texts, and the function that carries a call out.
///
/// Answers `org.varlink.service` itself.
public struct VarlinkService: Sendable {
    private let vendor: String
    private let product: String
    private let version: String
    private let url: String
    /// In the order in which they are listed, `org.varlink.service` first.
    private let interfaces: [(name: String, description: String)]
    private let handle: @Sendable (Call, Peer, ReplySink) async -> Reply

    /// A server's offer.
    ///
    /// - Parameters:
    ///   - interfaces: Names, all different and without `org.varlink.service`, and the texts that declare them.
    ///   - handle: Carries out a call to one of `interfaces`; the method may be unknown and the parameters are unchecked.
    ///     Never cancelled: a decision once begun is made, also for a peer that has gone.
    public init(
        vendor: String,
        product: String,
        version: String,
        url: String,
        interfaces: [(name: String, description: String)],
        handle: @escaping @Sendable (Call, Peer, ReplySink) async -> Reply
    ) {
        self.vendor = vendor
        self.product = product
        self.version = version
        self.url = url
        self.interfaces = [(ServiceInterface.name, ServiceInterface.description)] + interfaces
        self.handle = handle
        precondition(Set(self.interfaces.map(\.name)).count == self.interfaces.count, "interface names differ")
    }

    /// Answers one call.
    ///
    /// - Parameter replies: Takes what comes before the final reply, if the call asks for `more`.
    public func answer(_ call: Call, from peer: Peer, replies: ReplySink) async -> Reply {
        let interface = call.interfaceName
        if interface == ServiceInterface.name { return self.introspect(call) }
        guard self.interfaces.contains(where: { $0.name == interface }) else { return .methodNotFound(call.method) }
        return await self.handle(call, peer, replies)
    }

    private func introspect(_ call: Call) -> Reply {
        switch call.memberName {
        case "GetInfo": self.info(call.parameters?.members ?? [])
        case "GetInterfaceDescription": self.description(call.parameters?.members ?? [])
        default: .methodNotFound(call.method)
        }
    }

    private func info(_ parameters: [(name: String, value: JSONValue)]) -> Reply {
        if let unknown = parameters.first { return .invalidParameter(unknown.name) }
        return .success { writer in
            writer.member("vendor", self.vendor)
            writer.member("product", self.product)
            writer.member("version", self.version)
            writer.member("url", self.url)
            writer.member("interfaces", self.interfaces.map(\.name))
        }
    }

    private func description(_ parameters: [(name: String, value: JSONValue)]) -> Reply {
        if let unknown = parameters.first(where: { $0.name != "interface" }) { return .invalidParameter(unknown.name) }
        guard let wanted = parameters.first?.value.string else { return .invalidParameter("interface") }
        guard let interface = self.interfaces.first(where: { $0.name == wanted }) else {
            return .interfaceNotFound(wanted)
        }
        return .success { $0.member("description", interface.description) }
    }
}
