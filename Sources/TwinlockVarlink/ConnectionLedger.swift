/// Counts connections, so that no uid can take what the others need.
///
/// A value; it holds no socket.
public struct ConnectionLedger: Sendable {
    /// Connections of all uids together.
    public private(set) var total = 0
    /// Connections by uid.
    ///
    /// A uid without any has no entry, so that the ledger is never larger than `total`.
    private var open: [UInt32: Int] = [:]

    /// An empty ledger.
    public init() {}

    /// Counts a new connection, or says that it must be closed at once.
    ///
    /// - Parameters:
    ///   - uid: The peer's, from the socket. 0 has no bound of its own and may use the places kept for it.
    ///   - allowance: Connections that this uid may have open at once, unless it is 0.
    /// - Returns: Whether it was counted. Each one counted is to be released once.
    public mutating func admit(uid: UInt32, allowance: Int = Limits.connectionsPerUID) -> Bool {
        if uid == 0 {
            guard self.total < Limits.connections else { return false }
        } else {
            let others = self.total - self.open[0, default: 0]
            guard self.total < Limits.connections,
                others < Limits.connections - Limits.connectionsForRoot,
                self.open[uid, default: 0] < allowance
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
