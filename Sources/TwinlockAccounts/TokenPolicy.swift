/// A group of methods that a token may open, as far as it is ours. Others are declared by the settings, for other services.
public enum TokenGroup: String, Hashable, Sendable, CaseIterable {
    /// Reading about the account itself.
    case accountRead = "account.read"
    /// Ending the account's sessions.
    case accountSessions = "account.sessions"
    /// Reading about all accounts, for administrators.
    case administrationRead = "administration.read"
    /// Unlocking accounts, for administrators.
    case administrationWrite = "administration.write"
}

/// What an administrator has decided about tokens, and what a token may be. Pure.
public struct TokenPolicy: Equatable, Sendable {
    /// The longest description, bytes.
    public static let maximumDescriptionBytes = 128

    /// How many days ahead a token may end.
    public var maximumDays = 365
    /// Whether a change of the password, other than locking it, ends tokens. Locking it always does.
    public var endsWithPasswordChange = false
    /// Groups that mean something to other services.
    public var declaredGroups: [String] = []

    /// The defaults.
    public init() {}

    /// Whether that can be a description: 1 to 128 bytes without control characters, which forge lines in lists and logs.
    public func accepts(description: String) -> Bool {
        (1...Self.maximumDescriptionBytes).contains(description.utf8.count)
            && !description.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Whether a token may end then: after now, and at most so many days ahead.
    public func accepts(expires: Int64, at now: UnixSeconds) -> Bool {
        expires > now.value && expires <= (now + self.maximumDays * 86_400).value
    }

    /// The groups sorted, each once; nil if there is none or one is not known.
    public func normalized(_ groups: [String]) -> [String]? {
        let known = self.known(groups)
        return known.isEmpty || known.count != Set(groups).count ? nil : known
    }

    /// Those of the groups that are known, sorted, each once. A declaration may have gone since a token was made.
    public func known(_ groups: [String]) -> [String] {
        Set(groups).filter { TokenGroup(rawValue: $0) != nil || self.declaredGroups.contains($0) }.sorted()
    }
}
