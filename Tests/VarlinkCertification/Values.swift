/// What the server hands over in one exchange.
struct Values: Sendable {
    let bool: Value
    let int: Value
    let float: Value
    let string: Value
    /// What Test05 returns as four results and Test06 as one struct.
    let four: Value
    let map: Value
    let set: Value
    let mytype: Value

    /// What Test10 returns, one by one.
    let replies = (1...10).map { "Reply number \($0)" }

    /// What a step returns, by the names under which the next step takes it.
    func given(by step: Step) -> Value {
        switch step {
        case .test01: ["bool": self.bool]
        case .test02: ["int": self.int]
        case .test03: ["float": self.float]
        case .test04: ["string": self.string]
        case .test05: self.four
        case .test06: ["struct": self.four]
        case .test07: ["map": self.map]
        case .test08: ["set": self.set]
        case .test09: ["mytype": self.mytype]
        case .test10: ["last_more_replies": .list(self.replies.map { .string($0) })]
        case .test11: [:]
        case .end: ["all_ok": true]
        }
    }

    /// The values of the well-known servers.
    static let common = Values(
        bool: true,
        int: 1,
        float: 1.0,
        string: "ping",
        four: ["bool": false, "int": 2, "float": .float(.pi), "string": "a lot of string"],
        map: ["foo": "Foo", "bar": "Bar"],
        set: ["one": [:], "two": [:], "three": [:]],
        mytype: [
            "object": [
                "method": "org.varlink.certification.Test09",
                "parameters": ["map": ["foo": "Foo", "bar": "Bar"]],
            ],
            "enum": "two",
            "struct": ["first": 1, "second": "2"],
            "array": ["one", "two", "three"],
            "dictionary": ["foo": "Foo", "bar": "Bar"],
            "stringset": ["one": [:], "two": [:], "three": [:]],
            // Said to be null, and nullable_array_struct left out: the same to a client.
            "nullable": nil,
            "interface": [
                "foo": [nil, ["foo": "foo", "bar": "bar"], nil, ["one": "foo", "two": "bar"]],
                "anon": ["foo": true, "bar": false],
            ],
        ]
    )

    /// Values where writers and readers go wrong: the ends of the ranges, what must be escaped, what looks alike.
    static let edges = Values(
        bool: false,
        int: .int(.min),
        float: .float(.leastNonzeroMagnitude),
        string: "\" \\ / \u{8}\u{c}\n\r\t \u{1}\u{1f}\u{7f}\u{80} é e\u{301} € \u{2028}\u{feff}\u{fffd} 😀\u{10ffff}",
        four: ["bool": true, "int": .int(.max), "float": .float(-.greatestFiniteMagnitude), "string": ""],
        map: ["": "", "\"\\\n": "\u{1}", "é": "1", "e\u{301}": "2", "😀": "a.b", "A": "a", "a": "A"],
        set: ["": [:], "é": [:], "e\u{301}": [:], "\"": [:], "client_id": [:]],
        mytype: [
            "object": [
                "": [[], [:], nil, [[nil]], ""],
                "numbers": [.float(0.1 + 0.2), 1e-7, 1e23, .float(-0.0), 9_007_199_254_740_993],
                "reply": ["error": "org.varlink.service.MethodNotFound", "continues": true],
            ],
            "enum": "three",
            "struct": ["first": -1, "second": ""],
            "array": [],
            "dictionary": [:],
            "stringset": [:],
            "nullable": "",
            "nullable_array_struct": [["first": 0, "second": "\u{7f}"], ["first": .int(.min), "second": "\\"]],
            "interface": ["foo": [[:], nil, ["": "baz"]], "anon": ["foo": false, "bar": true]],
        ]
    )
}
