public import TwinlockVarlink

extension Administration {
    /// Replaces the sealing key, and has everything sealed anew.
    public enum RotateKey: Method {
        /// `org.twinlock.Administration.RotateKey`
        public static let name = "\(interface).RotateKey"
        /// What goes in.
        public typealias Parameters = Empty
        /// What comes out, once or again and again.
        public typealias Result = RotateKeyResult
    }
}

/// What `RotateKey` answers.
public struct RotateKeyResult: Message {
    /// Whether this call began it; false where it was under way already.
    public var began: Bool
    /// How far it is.
    public var rotation: KeyRotationState

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("began", .bool),
        .required("rotation", .object(KeyRotationState.fields)),
    ]

    /// An answer.
    public init(began: Bool, rotation: KeyRotationState) {
        self.began = began
        self.rotation = rotation
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.began = object?["began"]?.bool ?? false
        self.rotation = KeyRotationState(checked: object?["rotation"])
    }

    /// Writes both.
    public func write(to json: inout JSONWriter) {
        json.member("began", self.began)
        json.name("rotation")
        json.beginObject()
        self.rotation.write(to: &json)
        json.endObject()
    }
}

/// How far the sealing key's rotation is.
public struct KeyRotationState: Message {
    /// Accounts of which everything is sealed with the new key.
    public var accountsDone: Int64
    /// Accounts there are.
    public var accountsTotal: Int64
    /// Sealed values that no key opens, and that were left as they are.
    public var unreadable: Int64
    /// Whether the old key is gone.
    public var finished: Bool

    /// As in the interface text.
    public static let fields: [Field] = [
        .required("accountsDone", .int),
        .required("accountsTotal", .int),
        .required("unreadable", .int),
        .required("finished", .bool),
    ]

    /// A state.
    public init(accountsDone: Int64, accountsTotal: Int64, unreadable: Int64, finished: Bool) {
        self.accountsDone = accountsDone
        self.accountsTotal = accountsTotal
        self.unreadable = unreadable
        self.finished = finished
    }

    /// Reads checked members.
    public init(checked object: JSONValue?) {
        self.accountsDone = object?["accountsDone"]?.integer ?? 0
        self.accountsTotal = object?["accountsTotal"]?.integer ?? 0
        self.unreadable = object?["unreadable"]?.integer ?? 0
        self.finished = object?["finished"]?.bool ?? false
    }

    /// Writes all.
    public func write(to json: inout JSONWriter) {
        json.member("accountsDone", self.accountsDone)
        json.member("accountsTotal", self.accountsTotal)
        json.member("unreadable", self.unreadable)
        json.member("finished", self.finished)
    }
}
