/// Where a failed attempt came from, so that a right code forgives the failures of its own source and no others.
public struct FailureSource: Hashable, Sendable {
    /// The stable text under which failures of this source are stored.
    public let key: String

    /// A source read back from a store.
    public init(key: String) {
        self.key = key
    }

    /// Equal sources have keys of the same bytes, as in a store.
    public static func == (left: FailureSource, right: FailureSource) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        for byte in self.key.utf8 { hasher.combine(byte) }
    }

    /// A program that calls for itself.
    public static func peer(uid: UInt32) -> FailureSource {
        FailureSource(key: "uid:\(uid)")
    }

    /// A program that calls for itself and has shown no password. Nothing is counted under it, and so a right code there
    /// forgives nothing.
    public static func codeAlone(uid: UInt32) -> FailureSource {
        FailureSource(key: "alone:\(uid)")
    }

    /// A login program run by root: the remote host; where there is none, who started it; for root, the terminal.
    ///
    /// - Parameters:
    ///   - remoteHost: as the login program gave it.
    ///   - realUid: `getuid()` of the login program.
    ///   - tty: as the login program gave it.
    public static func login(remoteHost: String?, realUid: UInt32?, tty: String?) -> FailureSource {
        if let remoteHost, !remoteHost.isEmpty {
            return FailureSource(key: "host:\(remoteHost)")
        }
        if let realUid, realUid != 0 {
            return FailureSource(key: "local:\(realUid)")
        }
        return FailureSource(key: "tty:\(tty ?? "")")
    }
}
