extension JSONWriter {
    /// Writes a member, or nothing where there is no value: absent and null are the same.
    public mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        self.string(value)
    }

    /// Writes a member, or nothing where there is no value.
    public mutating func member(_ name: String, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        self.integer(value)
    }

    /// Writes a member, or nothing where there is no value.
    ///
    /// Not NaN and not infinity. The label keeps a literal such as `5` an integer.
    public mutating func member(_ name: String, double value: Double?) {
        guard let value else { return }
        self.name(name)
        self.double(value)
    }

    /// Writes a member, or nothing where there is no value.
    public mutating func member(_ name: String, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        self.bool(value)
    }

    /// Writes a list of texts, also an empty one, or nothing where there is no list.
    public mutating func member(_ name: String, _ values: [String]?) {
        guard let values else { return }
        self.name(name)
        self.beginArray()
        for value in values { self.string(value) }
        self.endArray()
    }

    /// Writes a list of objects, also an empty one; the closure writes one object's members.
    public mutating func member<Value>(
        _ name: String,
        objects values: [Value],
        _ members: (Value, inout JSONWriter) -> Void
    ) {
        self.name(name)
        self.beginArray()
        for value in values {
            self.beginObject()
            members(value, &self)
            self.endObject()
        }
        self.endArray()
    }

    /// Writes a secret member, or nothing where there is no value.
    public mutating func member(_ name: String, secret value: SecretText?) {
        guard let value else { return }
        self.name(name)
        self.secret(value)
    }
}
