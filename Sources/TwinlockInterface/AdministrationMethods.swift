public import TwinlockVarlink

extension Administration {
    /// Tells all about one account.
    public enum ShowAccount: Method {
        /// `org.twinlock.Administration.ShowAccount`
        public static let name = "\(interface).ShowAccount"
        /// What goes in.
        public typealias Parameters = AdministrationParameters
        /// What comes out.
        public typealias Result = ShowAccountResult
    }

    /// Begins a set-up for an account.
    public enum BeginSetUp: Method {
        /// `org.twinlock.Administration.BeginSetUp`
        public static let name = "\(interface).BeginSetUp"
        /// What goes in.
        public typealias Parameters = AdministrationParameters
        /// What comes out.
        public typealias Result = BeginSetUpResult
    }

    /// Confirms an account's set-up.
    public enum ConfirmSetUp: Method {
        /// `org.twinlock.Administration.ConfirmSetUp`
        public static let name = "\(interface).ConfirmSetUp"
        /// What goes in.
        public typealias Parameters = ConfirmSetUpForParameters
        /// What comes out.
        public typealias Result = NewRecoveryCodesResult
    }

    /// Issues one recovery code that ends.
    public enum IssueRecoveryCode: Method {
        /// `org.twinlock.Administration.IssueRecoveryCode`
        public static let name = "\(interface).IssueRecoveryCode"
        /// What goes in.
        public typealias Parameters = IssueRecoveryCodeParameters
        /// What comes out.
        public typealias Result = IssueRecoveryCodeResult
    }

    /// Removes whatever an account has of a second factor.
    public enum Reset: Method {
        /// `org.twinlock.Administration.Reset`
        public static let name = "\(interface).Reset"
        /// What goes in.
        public typealias Parameters = ResetParameters
        /// What comes out.
        public typealias Result = ResetResult
    }

    /// Clears the wrong codes that count against an account.
    public enum Unlock: Method {
        /// `org.twinlock.Administration.Unlock`
        public static let name = "\(interface).Unlock"
        /// What goes in.
        public typealias Parameters = AdministrationParameters
        /// What comes out.
        public typealias Result = Empty
    }

    /// Finds out how far an app's clock is off.
    public enum Resynchronise: Method {
        /// `org.twinlock.Administration.Resynchronise`
        public static let name = "\(interface).Resynchronise"
        /// What goes in.
        public typealias Parameters = ResynchroniseParameters
        /// What comes out.
        public typealias Result = ResynchroniseResult
    }

    /// Hands the second factor of an account that has parted to who has its name and uid now.
    public enum Adopt: Method {
        /// `org.twinlock.Administration.Adopt`
        public static let name = "\(interface).Adopt"
        /// What goes in.
        public typealias Parameters = AdministrationParameters
        /// What comes out.
        public typealias Result = AdoptResult
    }

    /// Says that an older state of the store was put back.
    public enum MarkRestored: Method {
        /// `org.twinlock.Administration.MarkRestored`
        public static let name = "\(interface).MarkRestored"
        /// What goes in.
        public typealias Parameters = Empty
        /// What comes out.
        public typealias Result = Empty
    }
}

/// Whose account a call is about, and whose authority it has.
public struct AdministrationParameters: Message {
    /// Whose account.
    public var user: String
    /// Of the administrator who acts; nil for the caller. Secret.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("user", .string(maximumBytes: 256)),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(user: String, session: SecretText? = nil) {
        self.user = user
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string ?? ""
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("session", secret: self.session)
    }
}
