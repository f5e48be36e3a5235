import Testing

@testable import TwinlockVarlink

@Suite("Replies and org.varlink.service")
struct VarlinkServiceTests {
    static let service = VarlinkService(
        vendor: "Vendor",
        product: "Product",
        version: "1",
        url: "",
        interfaces: [("org.example.Echo", "interface org.example.Echo\n")]
    ) { call, peer, _ in
        .success { $0.member("heard", "\(call.memberName) from \(peer.uid)") }
    }

    static func answer(_ method: String, _ parameters: String = "{}") async throws -> String {
        let call = try Call.decode(Frame("{\"method\":\"\(method)\",\"parameters\":\(parameters)}"))
        return await Self.service.answer(call, from: .someone, replies: .none).text
    }

    @Test("a success always has parameters; an error without fields has none")
    func envelopes() {
        #expect(Reply.success().text == #"{"parameters":{}}"#)
        #expect(Reply.success { $0.member("a", 1) }.text == #"{"parameters":{"a":1}}"#)
        #expect(Reply.error("x.Y").text == #"{"error":"x.Y"}"#)
        #expect(Reply.error("x.Y") { $0.member("s", 3) }.text == #"{"error":"x.Y","parameters":{"s":3}}"#)
        let frame = Frame()
        Reply.success().encode(continues: true, into: frame)
        #expect(frame.text == #"{"parameters":{},"continues":true}"#)
        #expect(Reply.error("x.Y").errorName == "x.Y" && Reply.error("x.Y").isError && !Reply.success().isError)
    }

    @Test("the standard errors carry their one field")
    func standardErrors() {
        #expect(
            Reply.invalidParameter("f").text
                == #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"f"}}"#
        )
        #expect(
            Reply.methodNotFound("m").text
                == #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"m"}}"#
        )
        #expect(
            Reply.methodNotImplemented("m").text
                == #"{"error":"org.varlink.service.MethodNotImplemented","parameters":{"method":"m"}}"#
        )
        #expect(
            Reply.interfaceNotFound("i").text
                == #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"i"}}"#
        )
        #expect(Reply.permissionDenied.text == #"{"error":"org.varlink.service.PermissionDenied"}"#)
        #expect(Reply.expectedMore.text == #"{"error":"org.varlink.service.ExpectedMore"}"#)
    }

    @Test("GetInfo tells everything, itself included", arguments: ["{}", "null"])
    func info(parameters: String) async throws {
        #expect(
            try await Self.answer("org.varlink.service.GetInfo", parameters)
                == #"{"parameters":{"vendor":"Vendor","product":"Product","version":"1","url":"","#
                + #""interfaces":["org.varlink.service","org.example.Echo"]}}"#
        )
    }

    @Test("GetInterfaceDescription gives each interface's text, also its own")
    func descriptions() async throws {
        let method = "org.varlink.service.GetInterfaceDescription"
        #expect(
            try await Self.answer(method, #"{"interface":"org.example.Echo"}"#)
                == #"{"parameters":{"description":"interface org.example.Echo\n"}}"#
        )
        let own = try JSONValue.parse(try await Self.answer(method, #"{"interface":"org.varlink.service"}"#))
        #expect(own["parameters"]?["description"]?.string == ServiceInterface.description)
        #expect(
            try await Self.answer(method, #"{"interface":"org.example.None"}"#)
                == Reply.interfaceNotFound("org.example.None").text
        )
    }

    @Test("its own text declares what is answered here")
    func ownText() {
        let text = ServiceInterface.description
        #expect(text.contains("interface org.varlink.service\n"))
        for member in ["method GetInfo()", "method GetInterfaceDescription("] { #expect(text.contains(member)) }
        let errors: [Reply] = [
            .invalidParameter(""), .methodNotFound(""), .methodNotImplemented(""), .interfaceNotFound(""),
            .permissionDenied, .expectedMore,
        ]
        for error in errors {
            let name = error.errorName?.split(separator: ".").last ?? "?"
            #expect(text.contains("error \(name)("))
        }
    }

    @Test(
        "unknown, missing and mistyped parameters are named",
        arguments: [
            ("GetInfo", #"{"x":1}"#, "x"), ("GetInterfaceDescription", "{}", "interface"),
            ("GetInterfaceDescription", "null", "interface"),
            ("GetInterfaceDescription", #"{"interface":1}"#, "interface"),
            ("GetInterfaceDescription", #"{"interface":null}"#, "interface"),
            ("GetInterfaceDescription", #"{"interface":"org.example.Echo","y":1}"#, "y"),
            ("GetInterfaceDescription", #"{"y":1,"interface":"org.example.Echo"}"#, "y"),
        ]
    )
    func parameters(method: String, parameters: String, field: String) async throws {
        #expect(
            try await Self.answer("org.varlink.service.\(method)", parameters) == Reply.invalidParameter(field).text
        )
    }

    @Test(
        "an interface that is not listed never reaches the service",
        arguments: ["org.example.None.Do", "org.varlink.service.Nothing", "Do", "", "org.example.Echo.x.Do"]
    )
    func unknownMethods(method: String) async throws {
        #expect(try await Self.answer(method) == Reply.methodNotFound(method).text)
    }

    @Test("a listed interface does, with call and peer")
    func listed() async throws {
        #expect(try await Self.answer("org.example.Echo.Do") == #"{"parameters":{"heard":"Do from 1000"}}"#)
    }

    @Test("the sink of a call without more refuses")
    func noSink() async {
        await #expect(throws: ReplySinkError.moreNotAsked) { try await ReplySink.none.send(.success()) }
    }
}
