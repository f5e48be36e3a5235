public import TwinlockAccounts
import TwinlockOTP
public import TwinlockStore

/// What a scenario plays on: a store, and people whom no other scenario on the same store knows.
public struct Stage: Sendable {
    /// The moment at which scenarios begin.
    public static let start = UnixSeconds(1_800_000_000)
    /// The time step of that moment.
    public static let step = Self.start.value / 30

    /// The store.
    public let store: any AccountStore
    private let number: UInt32
    private let gatherOperations: @Sendable (Int) async -> Void

    /// A stage.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - number: Sets its people apart from those of other stages; 0..<1000.
    ///   - gather: Makes the store wait until so many operations can share a transaction, if it knows how to.
    public init(
        _ store: any AccountStore,
        number: Int = 0,
        gather: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        precondition((0..<1000).contains(number), "a stage's number is below 1000")
        self.store = store
        self.number = UInt32(number)
        self.gatherOperations = gather
    }

    /// A person of this stage; 0..<1000.
    public func identity(_ person: UInt32 = 0) -> Identity {
        Identity(name: "person-\(self.number)-\(person)", uid: 1_000_000 + self.number * 1000 + person)
    }

    /// A secret; those of different numbers differ.
    public func secret(_ number: UInt8 = 1) -> SealedSecret {
        SealedSecret(sealed: [UInt8](repeating: number, count: 60), algorithm: .sha1, digits: 6, timeStep: 30)
    }

    /// A session's digest.
    public func digest(_ number: UInt8) -> [UInt8] {
        [UInt8(truncatingIfNeeded: self.number >> 8), UInt8(truncatingIfNeeded: self.number)]
            + [UInt8](repeating: number, count: 30)
    }

    /// A session of the first person, made at the start.
    public func session(
        _ number: UInt8,
        of identity: Identity? = nil,
        factors: [Factor] = [.code, .password],
        mark: PasswordMark? = nil
    ) -> Session {
        Session(
            digest: self.digest(number),
            identity: identity ?? self.identity(),
            maker: 0,
            factors: factors,
            service: "panel",
            remoteHost: "2001:db8::7",
            tty: "pts/3",
            mark: mark ?? self.mark(),
            created: Self.start,
            lastUsed: Self.start
        )
    }

    /// What the password field was; those of different numbers differ.
    public func mark(_ number: UInt8 = 1) -> PasswordMark {
        .field(digest: [UInt8](repeating: number, count: PasswordMark.digestBytes), isUsable: true)
    }

    /// A token of the first person, made at the start for an hour.
    public func token(_ number: UInt8, of identity: Identity? = nil, showsCode: Bool = true) -> Token {
        Token(
            id: self.tokenID(number),
            digest: self.digest(number),
            identity: identity ?? self.identity(),
            maker: 33,
            description: "nightly back-up",
            groups: ["account.read", "panel.deploy"],
            showsCode: showsCode,
            mark: self.mark(),
            created: Self.start,
            expires: Self.start + 3600
        )
    }

    /// A token's id; those of greater numbers come later.
    public func tokenID(_ number: UInt8) -> String {
        let digits = String(UInt64(self.number) << 8 | UInt64(number), radix: 16)
        return String(repeating: "0", count: Token.idDigits - digits.count) + digits
    }

    /// Makes an account with an active factor, whose first code was that of the step before the start's.
    public func enrol(_ person: UInt32 = 0) async throws -> Account {
        let identity = self.identity(person)
        let begun = try await self.store.beginSetUp(SetUp(secret: self.secret(), begunAt: Self.start), for: identity)
        let verdict = try await self.store.confirmSetUp(
            account: begun.id,
            secret: self.secret(),
            match: .inWindow(steps: [Self.step - 1]),
            recoveryCodes: self.recoveryCodes(),
            at: Self.start
        )
        try expect(verdict, is: .confirmed(step: Self.step - 1))
        return try await self.account(person)
    }

    /// The account of a person, as the store has it now.
    public func account(_ person: UInt32 = 0) async throws -> Account {
        let accounts = try await self.store.accounts(sharing: self.identity(person))
        guard accounts.count == 1, let account = accounts.first else {
            throw Disproved(description: "\(accounts.count) accounts, expected 1")
        }
        return account
    }

    /// Sends a code to an account.
    public func attempt(
        _ match: CodeMatch,
        of account: Account,
        from source: FailureSource = .peer(uid: 1000),
        at now: UnixSeconds = Self.start
    ) async throws(StoreError) -> CodeVerdict {
        try await self.store.attemptCode(
            of: account.identity,
            generation: account.generation,
            match: match,
            source: source,
            at: now
        )
    }

    /// Sends so many wrong codes, each as soon as it is read.
    ///
    /// - Returns: The moment of the last one.
    public func fail(
        _ times: Int,
        account: Account,
        from source: FailureSource = .peer(uid: 1000),
        at begin: UnixSeconds = Self.start
    ) async throws -> UnixSeconds {
        var now = begin
        for time in 1...times {
            let verdict = try await self.attempt(.none, of: account, from: source, at: now)
            guard case .wrong(let action) = verdict else {
                throw Disproved(description: "wrong code \(time) of \(times): \(verdict)")
            }
            if case .wait(let seconds) = action, time < times {
                now = now + seconds
            }
        }
        return now
    }

    /// Runs operations at the same time, in one transaction where the store has such, and collects their outcomes in
    /// the order of their numbers.
    public func together<Outcome: Sendable>(
        _ count: Int,
        _ operation: @escaping @Sendable (Int) async throws(StoreError) -> Outcome
    ) async -> [Result<Outcome, StoreError>] {
        await self.gatherOperations(count)
        return await withTaskGroup(of: (Int, Result<Outcome, StoreError>).self) { group in
            for number in 0..<count {
                group.addTask {
                    do throws(StoreError) {
                        return (number, .success(try await operation(number)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            var outcomes: [(Int, Result<Outcome, StoreError>)] = []
            for await outcome in group {
                outcomes.append(outcome)
            }
            return outcomes.sorted { $0.0 < $1.0 }.map { $0.1 }
        }
    }
}
