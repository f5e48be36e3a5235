public import TwinlockAccounts

/// What was decided, kept for the people whom it concerns and for administrators.
///
/// The record of a verdict about a code is saved with it, see `Recorded`. All others follow decisions that are on the disk
/// already: what is lost here lets nobody in and keeps nobody out. An operation takes effect wholly or not at all, and one
/// that fails takes no operation of another protocol with it.
/// Every operation may throw `unavailable` or `damaged`.
public protocol AuditStore: Sendable {
    /// Saves records in their order, each with the next number.
    ///
    /// One that repeats the newest of its kind (`AuditRecord.taking(in:)`) joins it, and the two have the next number
    /// together: what happened last is what comes first when records are read.
    ///
    /// - Returns: The records that were made or joined, as they are now, by number.
    func append(_ records: [AuditRecord]) async throws(StoreError) -> [AuditRecord]

    /// Records with a lower number, the highest first.
    ///
    /// - Parameters:
    ///   - number: nil begins at the newest.
    ///   - limit: How many at most, 1 or more.
    func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord]

    /// Records with a higher number, the lowest first.
    ///
    /// - Parameters:
    ///   - number: 0 begins at the oldest.
    ///   - limit: How many at most, 1 or more.
    func records(
        of filter: AuditFilter,
        after number: Int64,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord]

    /// Removes records that are too old or too many, in a step that keeps nobody waiting.
    ///
    /// - Parameter limit: How many at most, 1 or more.
    /// - Returns: How many were removed; less than `limit` if no more have to go.
    func trimRecords(
        by retention: AuditRetention,
        at now: UnixSeconds,
        atMost limit: Int
    ) async throws(StoreError) -> Int
}
