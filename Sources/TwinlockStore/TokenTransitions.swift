package import TwinlockAccounts

// What the operations on tokens decide, so that every store decides alike.

extension Token {
    /// The token as the change leaves it.
    package func changed(by change: TokenChange) -> Token {
        var changed = self
        changed.description = change.description ?? self.description
        changed.groups = change.groups ?? self.groups
        changed.expires = change.expires ?? self.expires
        changed.digest = change.digest ?? self.digest
        changed.showsCode = change.showsCode
        changed.mark = change.mark
        return changed
    }

    /// Whether it has ended for good.
    ///
    /// One that lies in the future because the clock was set back has not.
    package func isOver(at now: UnixSeconds) -> Bool {
        self.expires <= now
    }

    /// Stops the program if the token could never be found again or opens nothing: our own mistake, not a caller's.
    package func requireShape() {
        precondition(self.digest.count == Session.digestBytes, "a token's digest is 32 bytes")
        precondition(self.id.utf8.count == Self.idDigits, "a token's id is 16 digits")
        precondition(!self.groups.isEmpty && !self.description.isEmpty, "a token opens something for some purpose")
        self.mark.requireShape()
    }
}

extension Enrolment {
    /// Makes sure that what was shown for a change is still what must be shown.
    ///
    /// - Parameter generation: Of the second factor that was shown; nil if none was.
    package func require(generation: Int64?) throws(StoreError) {
        switch self {
        case .active(let account, _) where account.generation == generation: return
        case .none where generation == nil: return
        case .active, .none, .parted: throw .conflict
        }
    }
}
