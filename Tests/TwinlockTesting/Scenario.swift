public import TwinlockStore

/// A claim about every store, and how to dispute it.
///
/// A value rather than a test, so that each store's tests run the same ones: alone, among others, between failing
/// neighbours, with a restart between any two operations.
public struct Scenario: Sendable, CustomStringConvertible {
    /// The claim.
    public let claim: String
    /// Throws `Disproved` if the claim is wrong, or what the store threw.
    public let run: @Sendable (Stage) async throws -> Void

    /// A claim and its trial.
    public init(_ claim: String, run: @escaping @Sendable (Stage) async throws -> Void) {
        self.claim = claim
        self.run = run
    }

    /// The claim.
    public var description: String {
        self.claim
    }

    /// The whole contract.
    public static let contract =
        codes + throttling + setUps + identities + sessions + lists + resynchronising + recoveryCodes + audit
        + recordings + clearing + tokens + sessionLists + sealedKeys + administration + resealing
}

/// That a claim is wrong.
public struct Disproved: Error, CustomStringConvertible {
    /// What was found instead.
    public let description: String

    /// What was found.
    public init(description: String) {
        self.description = description
    }
}

/// Disproves the claim unless both are equal.
public func expect<Value: Equatable>(
    _ found: Value,
    is expected: Value,
    file: StaticString = #fileID,
    line: UInt = #line
) throws {
    guard found == expected else {
        throw Disproved(description: "\(file):\(line): found \(found), expected \(expected)")
    }
}

/// Disproves the claim unless the operation throws that error.
public func expect(
    _ expected: StoreError,
    file: StaticString = #fileID,
    line: UInt = #line,
    _ operation: () async throws(StoreError) -> Void
) async throws {
    do {
        try await operation()
    } catch {
        return try expect(error, is: expected, file: file, line: line)
    }
    throw Disproved(description: "\(file):\(line): nothing was thrown, expected \(expected)")
}
