import Testing
import TwinlockInterface

@Suite("the interface texts and the code say the same")
struct InterfaceTextTests {
    /// Every method that the code knows, with its tables.
    static let methods: [(name: String, parameters: [Field], result: [Field])] = [
        Self.tables(Authentication.SignIn.self),
        Self.tables(Authentication.Verify2FACode.self),
        Self.tables(Authentication.GetSession.self),
        Self.tables(Authentication.SignOut.self),
        Self.tables(Authentication.GetNotice.self),
        Self.tables(OwnAccount.GetStatus.self),
        Self.tables(OwnAccount.BeginSetUp.self),
        Self.tables(OwnAccount.ConfirmSetUp.self),
        Self.tables(OwnAccount.Disable.self),
        Self.tables(Administration.GetHealth.self),
        Self.tables(Administration.ListAccounts.self),
        Self.tables(Administration.ShowAccount.self),
        Self.tables(Administration.GetLog.self),
        Self.tables(Administration.ExplainPolicy.self),
        Self.tables(Administration.BeginSetUp.self),
        Self.tables(Administration.ConfirmSetUp.self),
        Self.tables(Administration.IssueRecoveryCode.self),
        Self.tables(Administration.Reset.self),
        Self.tables(Administration.Unlock.self),
        Self.tables(Administration.Resynchronise.self),
        Self.tables(Administration.Adopt.self),
        Self.tables(Administration.MarkRestored.self),
        Self.tables(Administration.RotateKey.self),
        Self.tables(OwnAccount.ViewRecoveryCodes.self),
        Self.tables(OwnAccount.RegenerateRecoveryCodes.self),
        Self.tables(OwnAccount.AcknowledgeRecoveryCodes.self),
        Self.tables(OwnAccount.GetLog.self),
        Self.tables(OwnAccount.ClearFailures.self),
        Self.tables(OwnAccount.ListSessions.self),
        Self.tables(OwnAccount.RevokeSession.self),
        Self.tables(OwnAccount.RevokeSessions.self),
        Self.tables(OwnAccount.CreateToken.self),
        Self.tables(OwnAccount.ListTokens.self),
        Self.tables(OwnAccount.EditToken.self),
        Self.tables(OwnAccount.RefreshToken.self),
        Self.tables(OwnAccount.RevokeToken.self),
    ]

    private static func tables<M: Method>(_: M.Type) -> (name: String, parameters: [Field], result: [Field]) {
        (M.name, M.Parameters.fields, M.Result.fields)
    }

    @Test("each text is that of the interface under whose name it is given out")
    func names() throws {
        for (name, text) in InterfaceText.all {
            #expect(try InterfaceDescription(text).name == name)
        }
        #expect(Set(InterfaceText.all.map(\.name)) == Set(NamedError.declared.keys))
    }

    @Test("methods, parameters and results are the same, member by member, in name, type, order and optionality")
    func sameMethods() throws {
        var known: [String: (parameters: [Field], result: [Field])] = [:]
        for method in Self.methods { known[method.name] = (method.parameters, method.result) }
        for (interface, text) in InterfaceText.all {
            let description = try InterfaceDescription(text)
            for (member, declared) in description.methods {
                let found = known.removeValue(forKey: "\(interface).\(member)")
                let method = try #require(found, "\(member) is not in the code")
                #expect(Self.members(method.parameters) == (try description.resolved(declared.parameters)), "\(member)")
                #expect(Self.members(method.result) == (try description.resolved(declared.result)), "\(member)")
            }
        }
        #expect(known.isEmpty, "not in the texts: \(known.keys)")
    }

    @Test("errors are the same, with their members")
    func sameErrors() throws {
        for (interface, text) in InterfaceText.all {
            let description = try InterfaceDescription(text)
            var declared = description.errors
            for error in try #require(NamedError.declared[interface]) {
                let found = declared.removeValue(forKey: error.member)
                let members = try #require(found, "\(error.member) is not in the text")
                #expect(Self.members(error.fields) == (try description.resolved(members)), "\(error.member)")
            }
            #expect(declared.isEmpty, "not in the code: \(declared.keys)")
        }
    }

    /// A code is in none of them: whoever is to show one would only have to ask.
    @Test("a secret is in the reply of the call that makes or shows it, and in no other reply and no error")
    func secretReplies() {
        let found = Self.methods.flatMap { method in
            Self.secrets(method.result).map { "\(method.name.replacing("org.twinlock.", with: "")) \($0)" }
        }
        #expect(
            Set(found) == [
                "Authentication.SignIn session", "Authentication.SignIn message",
                "Authentication.Verify2FACode session", "Authentication.Verify2FACode message",
                "Account.BeginSetUp secret", "Account.BeginSetUp uri", "Account.ConfirmSetUp recoveryCodes",
                "Account.ViewRecoveryCodes recoveryCodes.code", "Account.RegenerateRecoveryCodes recoveryCodes",
                "Account.CreateToken token", "Account.RefreshToken token",
                "Administration.BeginSetUp secret", "Administration.BeginSetUp uri",
                "Administration.ConfirmSetUp recoveryCodes", "Administration.IssueRecoveryCode recoveryCode",
            ]
        )
        for error in NamedError.declared.values.joined() {
            #expect(Self.secrets(error.fields).isEmpty, "\(error.member)")
        }
    }

    private static func secrets(_ fields: [Field]) -> [String] {
        fields.flatMap { Self.secrets($0.kind, named: $0.name) }
    }

    private static func secrets(_ kind: Field.Kind, named name: String) -> [String] {
        switch kind {
        case .secret: [name]
        case .array(let element): Self.secrets(element, named: name)
        case .object(let fields): Self.secrets(fields).map { "\(name).\($0)" }
        case .bool, .int, .string, .word: []
        }
    }

    private static func members(_ fields: [Field]) -> [InterfaceDescription.Member] {
        fields.map { InterfaceDescription.Member(name: $0.name, kind: Self.kind($0.kind), isOptional: $0.isOptional) }
    }

    private static func kind(_ kind: Field.Kind) -> InterfaceDescription.Kind {
        switch kind {
        case .bool: .bool
        case .int: .int
        case .string, .secret: .string
        case .word(let words): .word(words)
        case .array(let element): .array(Self.kind(element))
        case .object(let fields): .object(Self.members(fields))
        }
    }
}
