/// Who an account belongs to: the canonical name together with the uid.
///
/// Both are kept because either can be given to another person: a uid is used again, a name is made anew.
public struct Identity: Hashable, Sendable {
    /// `pw_name`, byte for byte.
    public let name: String
    /// `pw_uid`.
    public let uid: UInt32

    /// The identity of that name and uid, as the host's name service gave them.
    public init(name: String, uid: UInt32) {
        self.name = name
        self.uid = uid
    }

    /// Equal names have the same bytes. Swift's strings are equal when they look alike; two users of a Linux host whose
    /// names do are still two.
    public static func == (left: Identity, right: Identity) -> Bool {
        left.uid == right.uid && left.name.utf8.elementsEqual(right.name.utf8)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.uid)
        for byte in self.name.utf8 { hasher.combine(byte) }
    }
}

/// The shape of a user name that is worth asking the host about. Ours; stricter than any tool that makes accounts.
public enum UserName {
    /// The longest name that is looked at, in UTF-8 bytes. The Linux limit for `useradd` is 32; directories go further.
    public static let maximumBytes = 256

    /// Whether a name can belong to anybody: 1 to 256 bytes, no control character, no space at either end.
    ///
    /// A space in front once dodged a peer's policy; a control character forges lines in a log.
    public static func isPlausible(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        guard let first = scalars.first, let last = scalars.last, name.utf8.count <= self.maximumBytes else {
            return false
        }
        let controls = scalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
        return !controls && !first.properties.isWhitespace && !last.properties.isWhitespace
    }
}
