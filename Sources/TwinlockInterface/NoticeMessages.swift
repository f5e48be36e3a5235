public import TwinlockVarlink

extension Authentication {
    /// Tells what somebody who has just logged in should know.
    public enum GetNotice: Method {
        /// `org.twinlock.Authentication.GetNotice`
        public static let name = "\(interface).GetNotice"
        /// What goes in.
        public typealias Parameters = GetNoticeParameters
        /// What comes out.
        public typealias Result = GetNoticeResult
    }
}

/// Parameters of `GetNotice`.
public struct GetNoticeParameters: Message {
    /// Account name as the caller gave it, unchecked; nil for the caller's own.
    public var user: String?
    /// Whether the recovery codes are counted also where all is well; nil for no.
    public var remaining: Bool?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("user", .string(maximumBytes: 256)),
        .optional("remaining", .bool),
    ]

    /// Parameters for a call.
    public init(user: String? = nil, remaining: Bool? = nil) {
        self.user = user
        self.remaining = remaining
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.user = object?["user"]?.string
        self.remaining = object?["remaining"]?.bool
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("user", self.user)
        json.member("remaining", self.remaining)
    }
}

/// What `GetNotice` answers.
public struct GetNoticeResult: Message {
    /// One line of printable ASCII for a terminal; nil where there is nothing to say.
    public var notice: String?

    /// As in the interface text.
    public static let fields: [Field] = [.optional("notice", .string(maximumBytes: 200))]

    /// An answer.
    public init(notice: String?) {
        self.notice = notice
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.notice = object?["notice"]?.string
    }

    /// Writes it, if it is there.
    public func write(to json: inout JSONWriter) {
        json.member("notice", self.notice)
    }
}
