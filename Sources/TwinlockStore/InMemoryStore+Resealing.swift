import TwinlockAccounts

extension InMemoryStore {
    /// How many accounts there are.
    public func countAccounts() throws(StoreError) -> Int {
        self.accounts.count
    }

    /// What is sealed for the next accounts in the order of their numbers.
    public func sealedValues(ofAccountsAfter number: Int64, limit: Int) throws(StoreError) -> SealedPage {
        precondition(limit > 0, "a page holds at least one account")
        let found = self.accounts.values.filter { $0.id > number }.sorted { $0.id < $1.id }.prefix(limit)
        return SealedPage(values: found.flatMap { self.sealedValues(of: $0) }, accounts: found.map(\.id))
    }

    private func sealedValues(of account: Account) -> [SealedValue] {
        var values: [SealedValue] = []
        func add(_ place: SealedValue.Place, _ sealed: [UInt8]) {
            values.append(SealedValue(place: place, identity: account.identity, sealed: sealed))
        }
        if let credential = account.credential {
            add(.secondFactor(account: account.id), credential.secret.sealed)
        }
        if let setUp = account.setUp {
            add(.setUp(account: account.id), setUp.secret.sealed)
        }
        for (place, sealed) in self.recoveryCodes[account.id]?.places ?? [] {
            add(.recoveryCode(place), sealed)
        }
        return values
    }

    /// The daemon's own keys.
    public func ownSealedValues() throws(StoreError) -> [SealedValue] {
        self.sealedKeys.sorted { $0.key < $1.key }
            .map { SealedValue(place: .key(purpose: $0.key), identity: nil, sealed: $0.value) }
    }

    /// Puts other bytes in place of a value's, if the value is still what it was.
    public func reseal(_ value: SealedValue, as sealed: [UInt8]) throws(StoreError) -> Bool {
        switch value.place {
        case .secondFactor(let id):
            guard var account = self.accounts[id], let credential = account.credential,
                credential.secret.sealed == value.sealed
            else { return false }
            account.credential = credential.sealed(anew: sealed)
            self.save(account)
        case .setUp(let id):
            guard var account = self.accounts[id], let setUp = account.setUp, setUp.secret.sealed == value.sealed
            else { return false }
            account.setUp = setUp.sealed(anew: sealed)
            self.save(account)
        case .recoveryCode(let place):
            let found = self.recoveryCodes.first { $0.value.holds(place) }
            guard let (id, codes) = found, codes.places.contains(where: { $0 == (place, value.sealed) })
            else { return false }
            self.recoveryCodes[id] = codes.sealed(anew: [place: sealed])
        case .key(let purpose):
            guard self.sealedKeys[purpose] == value.sealed else { return false }
            self.sealedKeys[purpose] = sealed
        }
        return true
    }
}
