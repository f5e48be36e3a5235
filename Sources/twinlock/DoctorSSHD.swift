import TwinlockTerminal

/// What sshd asks of the accounts of this host, by its own account of it.
struct DoctorSSHD: Sendable {
    /// What `sshd -T` prints for one account.
    struct Effective: Hashable, Sendable {
        private let values: [String: String]

        /// The first of equal keywords; keywords that come more than once are none that matter here.
        init(printed text: String) {
            var values: [String: String] = [:]
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 1)
                guard let first = words.first else { continue }
                let keyword = first.lowercased()
                if values[keyword] == nil { values[keyword] = words.count > 1 ? words[1].lowercased() : "" }
            }
            self.values = values
        }

        subscript(keyword: String) -> String { self.values[keyword] ?? "" }

        func isOn(_ keyword: String) -> Bool { self[keyword] == "yes" }
    }

    /// Methods that sshd decides by itself: PAM's `auth` is never asked.
    private static let ownMethods = [
        "publickey": "pubkeyauthentication",
        "hostbased": "hostbasedauthentication",
        "gssapi-with-mic": "gssapiauthentication",
    ]

    let files: SSHDFiles
    /// For each account that was looked at, in order.
    let accounts: [(name: String, settings: Effective)]
    /// Whether sshd's PAM stack asks for password and code one after the other.
    let asksTwice: Bool

    /// One for each line that causes it, with the accounts that it is about.
    func findings() -> [DoctorFinding] {
        var order: [Cause] = []
        var names: [Cause: [String]] = [:]
        for (name, settings) in self.accounts where !(name == "root" && settings["permitrootlogin"] == "no") {
            for cause in self.causes(in: settings) {
                if names[cause] == nil { order.append(cause) }
                names[cause, default: []].append(name)
            }
        }
        return order.map { cause in
            let concerned = names[cause] ?? []
            let isEverybody = !self.files.hasMatch || (concerned.count == self.accounts.count && concerned.count > 1)
            return cause.finding(whom: isEverybody ? "everybody" : DoctorFinding.list(concerned.map(\.printable)))
        }
    }

    private struct Cause: Hashable {
        let kind: DoctorFinding.Kind
        let place: DoctorFinding.Place
        /// `publickey`, where it is about a method.
        var method = ""

        func finding(whom: String) -> DoctorFinding {
            let words: (problem: String, advice: String)
            switch self.kind {
            case .sshdNoQuestions:
                words = (
                    "sshd cannot ask for a code: keyboard-interactive is off for \(whom), and this line wins",
                    "`KbdInteractiveAuthentication yes` in a file of /etc/ssh/sshd_config.d that is read before it"
                )
            case .sshdWithoutPAM:
                words = (
                    "sshd does not ask PAM, and so nobody is asked for a code: \(whom)",
                    "`UsePAM yes`"
                )
            default:
                let what = self.method == "publickey" ? "a key alone" : "\(self.method) alone"
                words = (
                    "sshd lets \(whom) in with \(what): PAM, which asks for the code, is never asked then",
                    "`AuthenticationMethods keyboard-interactive publickey,keyboard-interactive`, or leave it if meant so"
                )
            }
            return DoctorFinding(self.kind, at: self.place, words.problem, advice: words.advice)
        }
    }

    private func causes(in settings: Effective) -> [Cause] {
        var causes: [Cause] = []
        if !settings.isOn("usepam") {
            causes.append(
                Cause(kind: .sshdWithoutPAM, place: self.files.place(of: "usepam", holding: settings["usepam"]))
            )
        }
        let questions = "kbdinteractiveauthentication"
        if self.asksTwice, settings.isOn("usepam"), !settings.isOn(questions) {
            causes.append(
                Cause(kind: .sshdNoQuestions, place: self.files.place(of: questions, holding: settings[questions]))
            )
        }
        if let method = Self.methodAlone(in: settings) {
            let methods = "authenticationmethods"
            var place = self.files.place(of: methods, holding: settings[methods])
            if place.line == nil, let keyword = Self.ownMethods[method] {
                place = self.files.place(of: keyword, holding: settings[keyword])
            }
            causes.append(Cause(kind: .sshdKeyAlone, place: place, method: method))
        }
        return causes
    }

    /// Empty where any one method is enough.
    private static func lists(_ settings: Effective) -> [[Substring]] {
        let value = settings["authenticationmethods"]
        guard !["", "any"].contains(value) else { return [] }
        return value.split(separator: " ").map { $0.split(separator: ",") }
    }

    /// A method of sshd's own that lets somebody in, with others of that kind or alone.
    private static func methodAlone(in settings: Effective) -> String? {
        func isOwn(_ method: Substring) -> Bool {
            let name = method.prefix { $0 != ":" }
            return self.ownMethods[String(name)].map { settings.isOn($0) } ?? false
        }
        let lists = self.lists(settings)
        if lists.isEmpty { return self.ownMethods.keys.sorted().reversed().first { isOwn(Substring($0)) } }
        return lists.first { $0.allSatisfy(isOwn) }?.first.map { String($0.prefix { $0 != ":" }) }
    }

    /// The accounts in a passwd file by which a person could log in: root, and those of people.
    static func people(inPasswd text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 7, let uid = UInt32(fields[2]), uid == 0 || 1000..<65534 ~= uid,
                !["nologin", "false", "sync"].contains(fields[6].split(separator: "/").last ?? "")
            else { return nil }
            return String(fields[0])
        }
    }

    /// What an sshd that refuses its own settings says of them.
    static func refusal(said text: String, files: SSHDFiles) -> DoctorFinding {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        // So it says where AuthenticationMethods names what another line switches off.
        if line.hasPrefix("Disabled method \"keyboard-interactive") {
            return DoctorFinding(
                .sshdNoQuestions,
                at: files.place(of: "kbdinteractiveauthentication", holding: "no"),
                "sshd cannot ask for a code, and will not start again: keyboard-interactive is off, and this line wins",
                advice: "`KbdInteractiveAuthentication yes` in a file of /etc/ssh/sshd_config.d that is read before it"
            )
        }
        let parts = line.split(separator: ":", maxSplits: 2).map(String.init)
        var place = DoctorFinding.Place(file: files.main)
        if parts.count == 3, parts[0].hasPrefix("/") {
            place = DoctorFinding.Place(file: parts[0], line: Int(parts[1].filter(\.isNumber)))
        }
        return DoctorFinding(
            .sshdSettings,
            at: place,
            "sshd does not take its settings, and will not start again: \(line.printable)",
            advice: "mend the line, and try with `sshd -t`"
        )
    }
}
