import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `tokens create`.
struct TokensCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a token, and shows its value, this once.",
        discussion: """
            Asks what it is for, unless the command line says so, for your password and for a code.

            \(TokenGroupName.help)

            Where standard output is no terminal, the value alone is printed: `twinlock tokens create >file`; --output \
            makes a file that nobody else can read.
            """
    )

    @OptionGroup
    var options: TokenChangeOptions

    @Option(help: ArgumentHelp("What it is for, for you to know it again.", valueName: "text"))
    var description: String?

    @Option(
        help: ArgumentHelp(
            "When it ends: after so many days, or at the end of a day such as 2026-12-31. After 30 days by default; at "
                + "most 365, unless the daemon's settings have another limit.",
            valueName: "days|date"
        ),
        transform: TokenEnd.init
    )
    var expires: TokenEnd?

    @Option(
        help: ArgumentHelp("What it opens; may be given several times. account.read by default.", valueName: "group"),
        completion: .list(TokenGroupName.own.map(\.name))
    )
    var group: [String] = []

    @OptionGroup
    var value: TokenValueOptions

    func validate() throws {
        if let description = self.description { try TokenDescription.check(description) }
        try TokenGroupName.check(self.group)
        _ = try self.expires?.checkedInstant()
    }

    func run() throws {
        let inputs = Inputs(self.options.secrets)
        try inputs.requirePassword()
        try TokenDescription.require(self.description, inputs)
        let change = try TokenChange(self.options, inputs)
        let delivery = try TokenValue(self.value, isNew: true, inputs)
        let groups = self.group.isEmpty ? TokenGroupName.byDefault : self.group
        let expires = try (self.expires ?? .byDefault).checkedInstant()
        inputs.person?.say(TokensText.plan(groups: groups, expires: expires))
        let description = try self.description ?? TokenDescription.ask(inputs)
        let made = try change.make(OwnAccount.CreateToken.self) { proof in
            CreateTokenParameters(description: description, expires: expires, groups: groups, proof: proof)
        }
        try delivery.deliver(made.token, id: made.id, expires: expires)
    }
}

/// `tokens edit`.
struct TokensEdit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Changes what a token is for, when it ends or what it opens; not its value.",
        discussion: """
            What is not given stays. Asks for your password and for a code.

            \(TokenGroupName.help)
            """
    )

    @OptionGroup
    var options: TokenChangeOptions

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
    var description: String?

    @Option(
        help: ArgumentHelp(
            "When it ends: after so many days from now, or at the end of a day such as 2026-12-31.",
            valueName: "days|date"
        ),
        transform: TokenEnd.init
    )
    var expires: TokenEnd?

    @Option(
        help: ArgumentHelp(
            "What it opens from now on; may be given several times. The groups from before go.",
            valueName: "group"
        ),
        completion: .list(TokenGroupName.own.map(\.name))
    )
    var group: [String] = []

    @Flag(help: "Print one line of JSON: the token, as in the list.")
    var json = false

    @Argument(help: "From `twinlock tokens`; its first characters are enough.", completion: .list([]))
    var id: String

    func validate() throws {
        if let description = self.description { try TokenDescription.check(description) }
        try TokenGroupName.check(self.group)
        _ = try self.expires?.checkedInstant()
        guard self.description != nil || self.expires != nil || !self.group.isEmpty else {
            throw ValidationError("nothing to change: give --description, --expires or --group")
        }
    }

    func run() throws {
        let inputs = Inputs(self.options.secrets)
        try inputs.requirePassword()
        let change = try TokenChange(self.options, inputs)
        var token = try change.token(self.id)
        let (id, expires) = (token.id, try self.expires?.checkedInstant())
        let groups = self.group.isEmpty ? nil : self.group
        inputs.person?.say(TokensText.sentence("Changes the token", token))
        _ = try change.make(OwnAccount.EditToken.self) { proof in
            EditTokenParameters(
                id: id,
                description: self.description,
                expires: expires,
                groups: groups,
                proof: proof
            )
        }
        token.description = self.description ?? token.description
        token.expires = expires ?? token.expires
        token.groups = groups.map { Set($0).sorted() } ?? token.groups
        let frame = Frame()
        if self.json {
            TokensText.writeJSON(token, into: frame)
        } else {
            frame.append("The token is changed; its value is the same:\n")
            frame.append(TokensText.lines(token))
        }
        try StandardOutput.write(frame)
    }
}

/// `tokens refresh`.
struct TokensRefresh: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Gives a token a new value, and shows it, this once.",
        discussion: """
            The old value is dead from that moment; all else stays. Asks for your password and for a code.

            Where standard output is no terminal, the value alone is printed.
            """
    )

    @OptionGroup
    var options: TokenChangeOptions

    @OptionGroup
    var value: TokenValueOptions

    @Argument(help: "From `twinlock tokens`; its first characters are enough.", completion: .list([]))
    var id: String

    func run() throws {
        let inputs = Inputs(self.options.secrets)
        try inputs.requirePassword()
        let change = try TokenChange(self.options, inputs)
        let token = try change.token(self.id)
        let delivery = try TokenValue(self.value, isNew: false, inputs)
        inputs.person?.say(TokensText.sentence("Gives a new value to the token", token))
        let made = try change.make(OwnAccount.RefreshToken.self) { TokenParameters(id: token.id, proof: $0) }
        try delivery.deliver(made.token, id: token.id, expires: token.expires)
    }
}

/// `tokens revoke`.
struct TokensRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Ends a token.",
        discussion: "Whatever uses it is refused from that moment. Asks for your password and for a code."
    )

    @OptionGroup
    var options: TokenChangeOptions

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    @Flag(help: "Print one line of JSON when it is done: {\"count\":1}.")
    var json = false

    @Argument(help: "From `twinlock tokens`; its first characters are enough.", completion: .list([]))
    var id: String

    func run() throws {
        let inputs = Inputs(self.options.secrets)
        try inputs.requirePassword()
        try inputs.requireConfirmation(of: "End the token?", answered: self.yes)
        let change = try TokenChange(self.options, inputs)
        let token = try change.token(self.id)
        try inputs.confirm(
            "End this token?",
            explanation: TokensText.lines(token) + "Whatever uses it is refused from that moment.\n",
            answered: self.yes
        )
        _ = try change.make(OwnAccount.RevokeToken.self) { TokenParameters(id: token.id, proof: $0) }
        if self.json {
            try StandardOutput.writeJSON("count", 1)
        } else {
            try StandardOutput.write(TokensText.sentence("The token", token, " has ended"))
        }
    }
}

extension TokenEnd {
    /// Unix seconds, in the future.
    fileprivate func checkedInstant() throws(ValidationError) -> Int64 {
        let now = Int64(time(nil))
        guard let instant = self.instant(now: now), instant > now else {
            throw ValidationError("--expires takes a day that is not over")
        }
        return instant
    }
}
