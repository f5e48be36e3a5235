import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// What policy asks of a sign-in, for an administrator and for a script.
enum PolicyText {
    /// One fact a line, then one line for each rule.
    static func lines(_ policy: ExplainPolicyResult, user: String, service: String, host: String?) -> String {
        let place = host.map { "from \($0.printable)" } ?? "on this host"
        var lines = [
            StatusText.line("Sign-in", "\(user.printable) by \(service.printable) \(place)"),
            StatusText.line("Second factor", self.words(policy)),
            StatusText.line("First factor", self.factors(policy)),
            StatusText.line("Wrong password", policy.hidePasswordResult ? "hidden behind a prompt" : "told at once"),
        ]
        if !policy.groupsKnown {
            lines.append(StatusText.line("", "GROUPS NOT KNOWN: the strictest answer that could be right"))
        }
        for rule in policy.rules {
            lines.append(StatusText.line("Rule", "\(rule.name.printable): \(self.words(rule))"))
        }
        if policy.rules.isEmpty { lines.append(StatusText.line("Rules", "none; the defaults hold")) }
        return lines.joined()
    }

    /// One line of JSON; null where the reply leaves a member out.
    static func writeJSON(_ policy: ExplainPolicyResult, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("secondFactor", policy.secondFactor.rawValue)
        json.member("firstFactors", policy.firstFactors.map(\.rawValue))
        json.member("hidePasswordResult", policy.hidePasswordResult)
        json.member("setUp", policy.setUp)
        json.member("groupsKnown", policy.groupsKnown)
        json.member("rules", objects: policy.rules) { rule, json in
            json.member("name", rule.name)
            json.member("match", rule.match.rawValue)
            json.member("decides", rule.decides)
            json.memberOrNull("secondFactor", rule.secondFactor?.rawValue)
            json.memberOrNull("starts", rule.starts)
        }
        json.endObject()
        frame.append("\n")
    }

    private static func words(_ policy: ExplainPolicyResult) -> String {
        switch policy.secondFactor {
        case .off: "off: nobody is asked for one"
        case .optional: "optional: who has one is asked for it"
        case .required:
            policy.setUp ? "required: who has none sets one up" : "required: who has none is refused"
        }
    }

    private static func factors(_ policy: ExplainPolicyResult) -> String {
        switch policy.firstFactors {
        case []: "NONE: the rules contradict each other, nobody gets in"
        case [.password]: "password"
        case [.publickey]: "public key"
        default: "password or public key"
        }
    }

    private static func words(_ rule: RuleOutcome) -> String {
        let said = rule.secondFactor.map { " (\($0.rawValue)\(self.start(rule)))" } ?? ""
        switch (rule.match, rule.decides) {
        case (.no, _): return "does not match\(said)"
        case (.yes, true): return "decides\(said)"
        case (.yes, false): return "matches, and another is stricter or it has not started\(said)"
        case (.unknown, true): return "may match, and decides\(said)"
        case (.unknown, false): return "may match\(said)"
        }
    }

    private static func start(_ rule: RuleOutcome) -> String {
        rule.starts.map { " from \(Wording.minute($0)) on" } ?? ""
    }
}
