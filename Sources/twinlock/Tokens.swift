import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `tokens`.
struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists, makes and ends your access tokens: passwords for scripts, which cannot type a code.",
        discussion: """
            A token is for one purpose, ends at its date, and opens what its groups open and nothing else. Its value is \
            shown once, when it is made or refreshed. A program gives it to the daemon where a session would stand, from \
            your account or from root's; it signs nobody in at a login.

            Every change asks for your password and for a code; a recovery code is taken in its place, and is used up \
            by that.
            """,
        subcommands: [
            TokensList.self, TokensCreate.self, TokensEdit.self, TokensRefresh.self, TokensRevoke.self,
        ],
        defaultSubcommand: TokensList.self
    )
}

/// `tokens list`.
struct TokensList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists your tokens, never their values; the oldest first."
    )

    @OptionGroup
    var socket: SocketOption

    @Flag(help: "Print one line of JSON for each token.")
    var json = false

    func run() throws {
        let tokens = try Self.all(Daemon(socket: self.socket.path), session: nil)
        let frame = Frame()
        for token in tokens {
            if self.json {
                TokensText.writeJSON(token, into: frame)
            } else {
                frame.append(TokensText.lines(token))
            }
        }
        if tokens.isEmpty, !self.json { frame.append("There are no tokens; `twinlock tokens create` makes one.\n") }
        try StandardOutput.write(frame)
    }

    /// All tokens of the account, the oldest first.
    static func all(_ daemon: Daemon, session: SecretText?) throws(Failure) -> [TokenEntry] {
        var tokens: [TokenEntry] = []
        var after: String?
        repeat {
            let page = try daemon.call(OwnAccount.ListTokens.self, ListParameters(session: session, after: after))
            tokens += page.tokens
            after = page.next
        } while after != nil
        return tokens.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }
}

/// What stands before a change of one token: it is looked for before anybody types a password for it.
struct TokenChange {
    let daemon: Daemon
    let inputs: Inputs
    let kept: KeptSession?
    private let isEnabled: Bool

    /// How a person finds out whether a change was made, if the answer is lost.
    static let look = "it may have been carried out all the same: look with `twinlock tokens`"

    init(_ options: TokenChangeOptions, _ inputs: Inputs) throws(Failure) {
        self.inputs = inputs
        self.daemon = Daemon(socket: options.socket.path)
        self.kept = try options.session.kept()
        do {
            let status = try self.daemon.call(
                OwnAccount.GetStatus.self,
                GetStatusParameters(session: self.kept?.session)
            )
            self.isEnabled = status.enabled
        } catch {
            throw self.kept?.file.explained(error) ?? error
        }
        if self.isEnabled, self.kept == nil { try inputs.requireCode() }
    }

    /// The token of that id, or of the only id that begins so.
    func token(_ id: String) throws(Failure) -> TokenEntry {
        let tokens = try TokensList.all(self.daemon, session: self.kept?.session)
        return try Listed.one(of: tokens, id: \.id, typed: id, "token", list: "twinlock tokens")
    }

    /// Asks for what a sensitive call takes, and makes one.
    func make<M: Method>(
        _ method: M.Type,
        _ parameters: (SensitiveParameters) -> M.Parameters
    ) throws(Failure) -> M.Result {
        do {
            return try SensitiveAccess.with(self.daemon, self.inputs, kept: self.kept, isEnabled: self.isEnabled) {
                access throws(Failure) in
                if let signedIn = access.signedIn, let used = SignInText.usedUp(signedIn) {
                    self.inputs.person?.say(used + "\n")
                    RecoveryCodesText.adviseIfFew(signedIn.recoveryCodesLeft)
                }
                return try access.change(method, look: Self.look, parameters)
            }
        } catch {
            throw Self.explained(error)
        }
    }

    /// What the settings alone decide, and this command cannot know.
    private static func explained(_ failure: Failure) -> Failure {
        switch failure.parameter {
        case "expires":
            Failure(
                .refused,
                "the daemon lets no token end so late",
                hint: "give --expires an earlier date; the limit is 365 days unless its settings have another"
            )
        case "groups":
            Failure(
                .refused,
                "the daemon does not know all of these groups",
                hint: "those of other services are declared in its settings; `twinlock help tokens create` has the rest"
            )
        default: failure
        }
    }
}

/// Something that was listed, by the id that a person typed.
enum Listed {
    /// Fewest characters of an id that stand for it.
    private static let fewest = 4

    /// The one of that id, or the only one whose id begins so.
    static func one<Entry>(
        of entries: [Entry],
        id: (Entry) -> String,
        typed: String,
        _ what: String,
        list: String
    ) throws(Failure) -> Entry {
        if let one = entries.first(where: { id($0) == typed }) { return one }
        let found = entries.filter { typed.count >= self.fewest && id($0).hasPrefix(typed) }
        guard let one = found.first else {
            throw Failure(.refused, "there is no \(what) \(typed.printable)", hint: "`\(list)` has their ids")
        }
        guard found.count == 1 else {
            throw Failure(
                .refused,
                "\(found.count) \(what)s begin with \(typed.printable)",
                hint: "type more of the id"
            )
        }
        return one
    }
}
