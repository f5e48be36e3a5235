public import TwinlockVarlink

// `org.twinlock.Account`: an account's sessions together.

extension OwnAccount {
    /// Lists the account's sessions.
    public enum ListSessions: Method {
        /// `org.twinlock.Account.ListSessions`
        public static let name = "\(interface).ListSessions"
        /// What goes in.
        public typealias Parameters = ListParameters
        /// What comes out.
        public typealias Result = ListSessionsResult
    }

    /// Ends one session.
    public enum RevokeSession: Method {
        /// `org.twinlock.Account.RevokeSession`
        public static let name = "\(interface).RevokeSession"
        /// What goes in.
        public typealias Parameters = RevokeSessionParameters
        /// What comes out.
        public typealias Result = Empty
    }

    /// Ends the account's sessions.
    public enum RevokeSessions: Method {
        /// `org.twinlock.Account.RevokeSessions`
        public static let name = "\(interface).RevokeSessions"
        /// What goes in.
        public typealias Parameters = RevokeSessionsParameters
        /// What comes out.
        public typealias Result = RevokeSessionsResult
    }
}

/// Parameters of methods that list something page by page.
public struct ListParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// What the page before gave for the next one; nil for the first.
    public var after: String?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .optional("after", .string(maximumBytes: 64)),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, after: String? = nil) {
        self.session = session
        self.after = after
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.after = object?["after"]?.string
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("after", self.after)
    }
}

/// One session of an account.
public struct SessionEntry: Message, Equatable {
    /// The name under which `RevokeSession` ends it; no secret.
    public var id: String
    /// That signed in.
    public var service: String
    /// Where from; empty if local or not told.
    public var remoteHost: String
    /// The terminal; empty if not told.
    public var tty: String
    /// Shown at sign-in.
    public var factors: [Authentication.Factor]
    /// Unix seconds.
    public var created: Int64
    /// Unix seconds, within the minute.
    public var lastUsed: Int64
    /// Unix seconds.
    public var expires: Int64
    /// Whether it is the one that was given.
    public var current: Bool

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("id", .string(maximumBytes: 64)),
        .required("service", .string(maximumBytes: 64)),
        .required("remoteHost", .string(maximumBytes: 255)),
        .required("tty", .string(maximumBytes: 64)),
        .required("factors", .array(.word(Authentication.Factor.allCases.map(\.rawValue)))),
        .required("created", .int),
        .required("lastUsed", .int),
        .required("expires", .int),
        .required("current", .bool),
    ]

    /// An entry.
    public init(
        id: String,
        service: String,
        remoteHost: String,
        tty: String,
        factors: [Authentication.Factor],
        created: Int64,
        lastUsed: Int64,
        expires: Int64,
        current: Bool
    ) {
        self.id = id
        self.service = service
        self.remoteHost = remoteHost
        self.tty = tty
        self.factors = factors
        self.created = created
        self.lastUsed = lastUsed
        self.expires = expires
        self.current = current
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.service = object?["service"]?.string ?? ""
        self.remoteHost = object?["remoteHost"]?.string ?? ""
        self.tty = object?["tty"]?.string ?? ""
        self.factors = object?["factors"]?.elements?.compactMap { $0.string.flatMap(Authentication.Factor.init) } ?? []
        self.created = object?["created"]?.integer ?? 0
        self.lastUsed = object?["lastUsed"]?.integer ?? 0
        self.expires = object?["expires"]?.integer ?? 0
        self.current = object?["current"]?.bool ?? false
    }

    /// Writes all.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        json.member("service", self.service)
        json.member("remoteHost", self.remoteHost)
        json.member("tty", self.tty)
        json.member("factors", self.factors.map(\.rawValue))
        json.member("created", self.created)
        json.member("lastUsed", self.lastUsed)
        json.member("expires", self.expires)
        json.member("current", self.current)
    }
}

/// What `ListSessions` answers.
public struct ListSessionsResult: Message {
    /// A page.
    public var sessions: [SessionEntry]
    /// For `after` of the next page; nil on the last one.
    public var next: String?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("sessions", .array(.object(SessionEntry.fields))),
        .optional("next", .string(maximumBytes: 64)),
    ]

    /// An answer.
    public init(sessions: [SessionEntry], next: String?) {
        self.sessions = sessions
        self.next = next
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.sessions = object?["sessions"]?.elements?.map { SessionEntry(checked: $0) } ?? []
        self.next = object?["next"]?.string
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("sessions", self.sessions)
        json.member("next", self.next)
    }
}

/// Parameters of `RevokeSession`.
public struct RevokeSessionParameters: Message {
    /// From `ListSessions`.
    public var id: String
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("id", .string(maximumBytes: 64)),
        .optional("session", .secret(maximumBytes: 4096)),
    ]

    /// Parameters for a call.
    public init(id: String, session: SecretText? = nil) {
        self.id = id
        self.session = session
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.id = object?["id"]?.string ?? ""
        self.session = object?["session"]?.secret
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("id", self.id)
        json.member("session", secret: self.session)
    }
}

/// Parameters of `RevokeSessions`.
public struct RevokeSessionsParameters: Message {
    /// Secret; nil for the caller's own uid.
    public var session: SecretText?
    /// Whether the session that is given stays.
    public var exceptThis: Bool?

    /// As in the interface text.
    public static let fields: [Field] = [
        .optional("session", .secret(maximumBytes: 4096)),
        .optional("exceptThis", .bool),
    ]

    /// Parameters for a call.
    public init(session: SecretText? = nil, exceptThis: Bool? = nil) {
        self.session = session
        self.exceptThis = exceptThis
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.session = object?["session"]?.secret
        self.exceptThis = object?["exceptThis"]?.bool
    }

    /// Writes the members that are there.
    public func write(to json: inout JSONWriter) {
        json.member("session", secret: self.session)
        json.member("exceptThis", self.exceptThis)
    }
}

/// What `RevokeSessions` answers.
public struct RevokeSessionsResult: Message {
    /// How many were ended.
    public var count: Int64

    /// As in the interface text.
    public static let fields: [Field] = [.required("count", .int)]

    /// An answer.
    public init(count: Int64) {
        self.count = count
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.count = object?["count"]?.integer ?? 0
    }

    /// Writes it.
    public func write(to json: inout JSONWriter) {
        json.member("count", self.count)
    }
}

extension JSONWriter {
    /// Writes a list of objects.
    mutating func member(_ name: String, _ values: [some Message]) {
        self.name(name)
        self.beginArray()
        for value in values {
            self.beginObject()
            value.write(to: &self)
            self.endObject()
        }
        self.endArray()
    }
}
