/// How long a check of a real password takes on this host, so that one without a password to check takes as long.
///
/// The checker spends one hash for names that nobody has. A stack may spend more for real ones: `pam_unix` with `nullok`,
/// as Debian ships it, hashes twice, and 20 ms of difference would tell a stranger who has an account here.
struct CheckPace: Sendable {
    /// The longest that an answer is held back. A check that took longer was an accident, not a habit.
    static let longest = Duration.seconds(2)

    /// A moving average over some eight checks; nil before the first.
    private(set) var usual: Duration?

    /// Takes note of a check that had a password to look at.
    mutating func note(_ taken: Duration) {
        self.usual = self.usual.map { $0 + (taken - $0) / 8 } ?? taken
    }

    /// What is missing after a check that had none.
    func missing(after taken: Duration) -> Duration {
        min(max((self.usual ?? .zero) - taken, .zero), Self.longest)
    }
}
