/// Which records somebody asks for.
public enum AuditFilter: Equatable, Sendable {
    /// All of them.
    case everything
    /// One person's own: of that name and that uid, and of that name where no uid is known, because the host was not
    /// asked about it. What belonged to somebody else who had the name, or the uid, before is not his.
    case account(Identity)
    /// Whatever happened under a name, whoever had it. For administrators.
    case name(String)

    /// Whether a record is asked for.
    public func matches(_ record: AuditRecord) -> Bool {
        switch self {
        case .everything:
            true
        case .account(let identity):
            record.name.hasSameBytes(as: identity.name) && (record.uid == nil || record.uid == identity.uid)
        case .name(let name):
            record.name.hasSameBytes(as: name)
        }
    }
}
