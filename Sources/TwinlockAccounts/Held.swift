/// What a program holds and shows for an account: a session or a token.
public protocol Held: Sendable {
    /// Whose it is.
    var identity: Identity { get }
    /// The uid that made it.
    var maker: UInt32 { get }
    /// The password field when it was made.
    var mark: PasswordMark { get }
}

extension Held {
    /// Whether that uid may use it: its own, or the one that made it. Root is the caller's table's business.
    public func belongs(to uid: UInt32) -> Bool {
        uid == self.identity.uid || uid == self.maker
    }
}
