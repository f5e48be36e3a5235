/// How long a check of a real password takes on this host, so that one without a password to check takes as long.
///
/// The checker spends one hash for names that nobody has. A stack may spend more for real ones: `pam_unix` with `nullok`,
/// as Debian ships it, hashes twice, and 20 ms of difference would tell a stranger who has an account here. An average
/// would do so too: it is never as short as the shortest, and the same each time.
struct CheckPace: Sendable {
    /// The longest that an answer is held back. A check that took longer was an accident, not a habit.
    static let longest = Duration.seconds(2)
    /// Checks that are remembered: enough that their spread is the host's.
    static let remembered = 32

    /// How long the last checks took, in no order.
    private var recent: [Duration] = []
    private var next = 0

    /// Takes note of a check that had a password to look at.
    mutating func note(_ taken: Duration) {
        if self.recent.count < Self.remembered {
            self.recent.append(taken)
        } else {
            self.recent[self.next] = taken
        }
        self.next = (self.next + 1) % Self.remembered
    }

    /// What is missing after a check that had none, to take as long as one of the last that had; nothing before the first.
    ///
    /// - Parameter draw: Which one: any number, drawn anew each time.
    func missing(after taken: Duration, draw: UInt32 = .random(in: 0 ... .max)) -> Duration {
        guard !self.recent.isEmpty else { return .zero }
        let usual = self.recent[Int(draw) % self.recent.count]
        return min(max(usual - taken, .zero), Self.longest)
    }
}
