import Glibc

/// A range of addresses that a sign-in may come from, in CIDR form (RFC 4632 §3.1, RFC 4291 §2.3), or this host itself.
public enum Network: Hashable, Sendable {
    /// No remote host: a console, `su`, `sudo`, a program.
    case local
    /// Those addresses whose first bits are these; four or sixteen bytes, the rest zero.
    case addresses([UInt8], bits: Int)

    /// Reads `local`, an address, or `ADDRESS/BITS`; nil for anything else, such as a host name or bits behind the mask.
    public init?(_ text: String) {
        if text == "local" {
            self = .local
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.bytes(String(parts[0])) else { return nil }
        var bits = address.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...bits).contains(given), String(given) == parts[1] else { return nil }
            bits = given
        }
        guard Self.masked(address, bits) == address else { return nil }
        self = .addresses(address, bits: bits)
    }

    /// Whether a remote host, as a login program tells it, is in here. Empty is this host. Nil for a host name: nobody
    /// knows what address it stood for.
    public func contains(_ remoteHost: String) -> Bool? {
        if remoteHost.isEmpty { return self == .local }
        guard case .addresses(let network, let bits) = self else { return false }
        guard let address = Self.bytes(remoteHost) else { return nil }
        return address.count == network.count && Self.masked(address, bits) == network
    }

    /// Four or sixteen bytes. An IPv4 address in IPv6 clothes (RFC 4291 §2.5.5.2) is the IPv4 address; a zone (RFC 4007
    /// §11) says nothing about the address.
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return withUnsafeBytes(of: four) { Array($0) }
        }
        var sixteen = in6_addr()
        let zoneless = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)[0]
        guard inet_pton(AF_INET6, String(zoneless), &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? Array(bytes[12...]) : bytes
    }

    private static func masked(_ address: [UInt8], _ bits: Int) -> [UInt8] {
        address.enumerated().map { index, byte in
            let left = bits - 8 * index
            return left >= 8 ? byte : left <= 0 ? 0 : byte & ~(0xff >> UInt8(left))
        }
    }
}
