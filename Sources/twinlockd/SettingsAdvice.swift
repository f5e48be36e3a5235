import CTwinlockLinux
import Glibc
import TwinlockAccounts
import TwinlockSettings

/// What settings are perhaps not meant to say: rules for nobody, doors that nobody can go through, doors that stand open.
///
/// For whoever checks them before they are used. The machine's own files are asked, and no name service: a user or a group
/// of a directory is not known here.
struct SettingsAdvice {
    let settings: Settings
    let policy: SignInPolicy

    /// One line for each, without a full stop.
    var warnings: [String] {
        self.forNobody + self.shutOut + self.leftOpen + self.contradictions
    }

    private var forNobody: [String] {
        self.settings.rules.flatMap { rule -> [String] in
            let services = (rule.services ?? []).filter { !Self.isService($0) }
            let users = ((rule.users ?? []) + rule.exceptUsers).filter { !Self.isUser($0) }
            let groups = ((rule.groups ?? []) + rule.exceptGroups).filter { !Self.isGroup($0) }
            return services.map { "rule \(rule.name): no file of /etc/pam.d is called \($0)" }
                + users.map { "rule \(rule.name): no local user is called \($0)" }
                + groups.map { "rule \(rule.name): no local group has the number \($0)" }
        }
    }

    /// Root by every service, and no set-up on the way: who has not set one up before has locked himself out.
    private var shutOut: [String] {
        let root = SignInCircumstances(user: "root", groups: [0], service: "a service of no rule", remoteHost: "")
        let never = UnixSeconds(Int64.max / 2)
        let demands = self.policy.demands(of: root, at: never)
        guard demands.secondFactor == .required, !demands.allowsSetUp else { return [] }
        return [
            "root must have a second factor by every service that no rule excepts, and cannot set one up on the way"
        ]
    }

    private var leftOpen: [String] {
        let byDefault =
            self.policy.secondFactor == .off
            ? ["nobody is asked for a second factor where no rule says otherwise"] : []
        return byDefault
            + self.settings.rules.filter { $0.secondFactor == "off" && !$0.isForSome }.compactMap { rule in
                let everywhere = rule.networks?.first { ["0.0.0.0/0", "::/0"].contains($0) }
                guard rule.networks == nil || everywhere != nil else { return nil }
                let services = rule.services.map { " by \($0.joined(separator: ", "))" } ?? ""
                let place = everywhere.map { " from \($0)" } ?? ""
                return "rule \(rule.name): nobody is asked for a second factor\(services)\(place)"
            }
    }

    private var contradictions: [String] {
        let rules = self.policy.rules.filter { $0.firstFactors != nil }
        return rules.indices.flatMap { first in
            rules.indices.filter { $0 > first }.compactMap { second in
                guard let one = rules[first].firstFactors, let other = rules[second].firstFactors,
                    one.isDisjoint(with: other)
                else { return nil }
                return "rule \(rules[first].name) and rule \(rules[second].name) accept no first factor together: "
                    + "nobody gets in for whom both are"
            }
        }
    }

    private static func isService(_ name: String) -> Bool {
        // Programs on the socket have no file.
        name == "varlink" || access("/etc/pam.d/\(name)", F_OK) == 0 || access("/usr/lib/pam.d/\(name)", F_OK) == 0
    }

    private static func isUser(_ name: String) -> Bool {
        var (uid, gid) = (UInt32(0), UInt32(0))
        return tl_local_user(name, &uid, &gid) == 0
    }

    private static func isGroup(_ name: String) -> Bool {
        var gid: UInt32 = 0
        guard let number = UInt32(name) else { return tl_local_group(name, &gid) == 0 }
        return tl_local_gid(number) == 0
    }
}
