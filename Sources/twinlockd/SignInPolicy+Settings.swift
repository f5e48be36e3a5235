import CTwinlockLinux
import TwinlockAccounts
import TwinlockSettings

extension SignInPolicy {
    /// What the settings ask of sign-ins. Groups are those of the machine's own files, or numbers: no name service is
    /// asked, and a group that cannot be found would leave a door open.
    static func of(_ settings: Settings) throws(StartError) -> SignInPolicy {
        var policy = SignInPolicy()
        policy.secondFactor = SecondFactorDemand(rawValue: settings.secondFactor) ?? .required
        policy.publicKeyServices = settings.publicKeyServices
        policy.hidesPasswordResult = settings.hidesPasswordResult
        policy.allowsSetUp = settings.allowsSetUp
        for rule in settings.rules {
            policy.rules.append(try PolicyRule.of(rule))
        }
        return policy
    }
}

extension PolicyRule {
    fileprivate static func of(_ settings: RuleSettings) throws(StartError) -> PolicyRule {
        let name = "rule \(settings.name)"
        guard settings.saysSomething else { throw StartError("\(name): it says nothing") }
        guard settings.starts == nil || settings.secondFactor != nil else {
            throw StartError("\(name): starts goes with second-factor")
        }
        guard settings.hidesPasswordResult == nil || !settings.isForSome else {
            throw StartError(
                "\(name): hide-password-result goes with no users or groups: the answer would tell who somebody is"
            )
        }
        var rule = PolicyRule(name: settings.name)
        rule.services = settings.services
        rule.users = settings.users
        rule.exceptUsers = settings.exceptUsers
        rule.groups = try settings.groups.map { names throws(StartError) in try self.gids(names, of: name) }
        rule.exceptGroups = try self.gids(settings.exceptGroups, of: name)
        rule.networks = try settings.networks.map { texts throws(StartError) in try self.networks(texts, of: name) }
        rule.secondFactor = settings.secondFactor.flatMap(SecondFactorDemand.init(rawValue:))
        rule.starts = settings.starts.map { UnixSeconds($0.beginning) }
        rule.firstFactors = settings.firstFactors.map { Set($0.compactMap(Factor.init(rawValue:))) }
        rule.hidesPasswordResult = settings.hidesPasswordResult
        rule.allowsSetUp = settings.allowsSetUp
        return rule
    }

    private static func gids(_ names: [String], of rule: String) throws(StartError) -> [UInt32] {
        var gids: [UInt32] = []
        for name in names {
            if let number = UInt32(name) {
                gids.append(number)
                continue
            }
            var gid: UInt32 = 0
            guard tl_local_group(name, &gid) == 0 else {
                throw StartError(
                    "\(rule): cannot find group \"\(name)\" in /etc/group: give the number of one from a directory"
                )
            }
            gids.append(gid)
        }
        return gids
    }

    private static func networks(_ texts: [String], of rule: String) throws(StartError) -> [Network] {
        var networks: [Network] = []
        for text in texts {
            guard let network = Network(text) else {
                throw StartError("\(rule): \"\(text)\" is no network such as 192.0.2.0/24 or 2001:db8::/32, nor local")
            }
            networks.append(network)
        }
        return networks
    }
}
