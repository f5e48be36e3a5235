/// How long sessions live. The settings in force count, also for sessions made under others.
public struct SessionLifetimes: Equatable, Sendable {
    /// An unused session ends after so many seconds.
    public let idleSeconds: Int
    /// Every session ends after so many seconds, used or not.
    public let absoluteSeconds: Int

    /// Ours: a day's work without a pause of more than eight hours.
    public static let standard = SessionLifetimes(idleSeconds: 8 * 3600, absoluteSeconds: 24 * 3600)

    /// Lifetimes of that many seconds, both 1 or more.
    public init(idleSeconds: Int, absoluteSeconds: Int) {
        self.idleSeconds = idleSeconds
        self.absoluteSeconds = absoluteSeconds
    }
}
