/// Counts connections, so that no uid can take what the others need.
///
/// A value; it holds no socket.
public struct ConnectionLedger: Sendable {
    /// Connections of all uids together.
    public private(set) var total = 0
    private let perUID: Int
    /// Connections by uid.
    ///
    /// A uid without any has no entry, so that the ledger is never larger than `total`.
    private var open: [UInt32: Int] = [:]

    /// An empty ledger.
    ///
    /// - Parameter perUID: Connections that one uid other than 0 may have open at once.
    public init(perUID: Int = Limits.connectionsPerUID) {
        self.perUID = perUID
    }

    /// Counts a new connection, or says that it must be closed at once.
    ///
    /// - Parameters:
    ///   - uid: The peer's, from the socket. 0 has no bound of its own and may use the places kept for it.
    ///   - allowance: Another bound than `perUID` for this uid, for services that the settings list.
    /// - Returns: Whether it was counted. Each one counted is to be released once.
    public mutating func admit(uid: UInt32, allowance: Int? = nil) -> Bool {
        if uid == 0 {
            guard self.total < Limits.connections else { return false }
        } else {
            let others = self.total - self.open[0, default: 0]
            guard self.total < Limits.connections,
                others < Limits.connections - Limits.connectionsForRoot,
                self.open[uid, default: 0] < allowance ?? self.perUID
            else { return false }
        }
        self.total += 1
        self.open[uid, default: 0] += 1
        return true
    }

    /// Gives back the place of one connection that was admitted.
    public mutating func release(uid: UInt32) {
        guard let count = self.open[uid] else { preconditionFailure("only a counted connection is released") }
        self.open[uid] = count == 1 ? nil : count - 1
        self.total -= 1
    }
}
