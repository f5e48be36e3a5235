/// That a login was finished by a recovery code: for a while the password alone removes the second factor or sets it up
/// again, once, so that the last recovery code is no dead end.
public struct RecoveryMark: Hashable, Sendable {
    /// How long it is good, seconds. Ours: long enough to find the new phone.
    public static let lifetimeSeconds = 900

    /// When the login was finished.
    public let at: UnixSeconds

    /// A mark left at that moment.
    public init(at: UnixSeconds) {
        self.at = at
    }

    /// From this moment on it is not good any more.
    public var ends: UnixSeconds {
        self.at + Self.lifetimeSeconds
    }

    /// Whether it is good at that moment. A clock set back makes it void: its age is unknown then.
    public func isOpen(at now: UnixSeconds) -> Bool {
        self.at <= now && now < self.ends
    }
}
