/// The interface texts, as they are shipped: the single source of truth for names, parameters, types and errors.
public enum InterfaceText {
    /// `org.twinlock.Authentication.varlink`
    public static let authentication = String(
        decoding: PackageResources.org_twinlock_Authentication_varlink,
        as: UTF8.self
    )
    /// `org.twinlock.Account.varlink`
    public static let account = String(decoding: PackageResources.org_twinlock_Account_varlink, as: UTF8.self)
    /// `org.twinlock.Administration.varlink`
    public static let administration = String(
        decoding: PackageResources.org_twinlock_Administration_varlink,
        as: UTF8.self
    )

    /// All of them, by interface name.
    public static let all: [(name: String, description: String)] = [
        (Authentication.interface, authentication),
        (OwnAccount.interface, account),
        (Administration.interface, administration),
    ]
}
