import TwinlockTerminal

/// What the PAM stacks of this host's login programs do to people.
struct DoctorStacks: Sendable {
    /// Services by which somebody logs in or becomes somebody else; those that a host has not are left out.
    static let logins = [
        "sshd", "login", "remote", "su", "su-l", "sudo", "sudo-i", "doas", "polkit-1", "gdm-password", "gdm3",
        "lightdm",
        "sddm", "kde", "lxdm", "xdm", "greetd", "cockpit", "vsftpd", "proftpd", "pure-ftpd", "ftp", "dovecot", "samba",
        "webmin", "xrdp-sesman",
    ]

    /// Services that open a screen behind which somebody has logged in.
    static let lockers = [
        "xscreensaver", "i3lock", "swaylock", "xlock", "vlock", "physlock", "slock", "hyprlock", "xsecurelock",
        "cinnamon-screensaver", "mate-screensaver", "xfce4-screensaver", "gnome-screensaver", "light-locker",
    ]

    /// Of these and of all other services that the host has: whatever has our line has to have it right.
    let stacks: [PAMStack]

    /// Our line in sshd's stack that cannot do with one answer, if it is there.
    var sshdAsksTwice: Bool {
        let ours = self.stacks.first { $0.service == "sshd" }?.firstOurs?.module
        return ours.map { !$0.arguments.contains("forward_pass") } ?? false
    }

    /// The first line of ours; nil where nobody is asked.
    var firstOurs: DoctorFinding.Place? { self.stacks.lazy.compactMap(\.firstOurs).first?.place }

    /// One for each cause, with the services that it is about.
    func findings() -> [DoctorFinding] {
        var order: [Cause] = []
        var services: [Cause: [String]] = [:]
        for stack in self.stacks {
            for cause in Self.causes(in: stack) {
                if services[cause] == nil { order.append(cause) }
                services[cause, default: []].append(stack.service)
            }
        }
        return order.map { $0.finding(services: services[$0] ?? []) }
    }

    private struct Cause: Hashable {
        let kind: DoctorFinding.Kind
        let place: DoctorFinding.Place
        /// As it is written, without its arguments; with them where they are a condition.
        let module: String

        func finding(services: [String]) -> DoctorFinding {
            let (problem, advice) = self.words(DoctorFinding.list(services))
            return DoctorFinding(self.kind, at: self.place, problem, advice: advice)
        }

        private func words(_ services: String) -> (problem: String, advice: String) {
            let line = "`auth required pam_twinlock.so nullok`"
            switch self.kind {
            case .wrongCodePasses:
                return (
                    "after a wrong code, or without the daemon, \(services) may let somebody in all the same",
                    "make the line `required` or `requisite`, and name no result in brackets that lets it go on"
                )
            case .passesBefore:
                return (
                    "\(services): where \(self.module) says yes, nobody is asked for a code any more",
                    "put the line of pam_twinlock.so in front of it, or make this one `required`"
                )
            case .exempt:
                return (
                    "\(services): nobody is asked for a code where \(self.module) says yes",
                    "leave it if these are the people whom you meant"
                )
            case .lockerWithoutCode:
                return (
                    "\(services) opens a locked screen without a code",
                    "leave it, or give it \(line) in place of what asks for the password; see the module's forward_pass"
                )
            case .stackRefusesAll:
                return (
                    "\(services) lets nobody in, not even with the right code",
                    "look at the lines behind this one: a jump too far, or one that always refuses"
                )
            case .consoleProfileAlone:
                return (
                    "\(services): the line for root on the console jumps over the password instead of pam_twinlock.so",
                    "enable both profiles together: `pam-auth-update --enable twinlock twinlock-console`"
                )
            default:
                return (
                    "\(services) never asks for a code: pam_twinlock.so is not in its stack",
                    "`pam-auth-update --enable twinlock`, or \(line) in place of what asks for the password there"
                )
            }
        }
    }

    private static func causes(in stack: PAMStack) -> [Cause] {
        var causes = self.consoleProfileAlone(in: stack)
        let ways = PAMWalk(stack).ways()
        guard let ours = stack.firstOurs else {
            guard !ways.isEmpty else { return causes }
            if self.logins.contains(stack.service) {
                causes.append(Cause(kind: .serviceWithoutCode, place: stack.head, module: ""))
            } else if self.lockers.contains(stack.service) {
                causes.append(Cause(kind: .lockerWithoutCode, place: stack.head, module: ""))
            }
            return causes
        }
        if !ways.contains(.rightCode) { causes.append(Cause(kind: .stackRefusesAll, place: ours.place, module: "")) }
        for (index, step) in stack.steps.enumerated() {
            guard let module = step.module else { continue }
            if ways.contains(.wrongCode(at: index)) {
                causes.append(Cause(kind: .wrongCodePasses, place: step.place, module: module.name))
            }
            if ways.contains(.unasked(leftAt: index)), let kind = self.kind(ofLeavingBy: module) {
                let isCondition = kind == .exempt
                let words = isCondition ? ([module.name] + module.arguments).joined(separator: " ") : module.name
                causes.append(
                    Cause(kind: kind, place: step.place, module: isCondition ? "`\(words.printable)`" : words)
                )
            }
        }
        return causes
    }

    /// What it is to get past our line by a module; nil where that is as it should be.
    private static func kind(ofLeavingBy module: PAMStack.Module) -> DoctorFinding.Kind? {
        switch module.name {
        case "pam_rootok.so": nil
        case "pam_succeed_if.so": self.isConsoleCondition(module) ? nil : .exempt
        case "pam_access.so", "pam_listfile.so", "pam_localuser.so", "pam_time.so", "pam_wheel.so": .exempt
        default: .passesBefore
        }
    }

    /// Root at the console, as the profile `twinlock-console` has it.
    private static func isConsoleCondition(_ module: PAMStack.Module) -> Bool {
        let words = module.arguments.joined(separator: " ")
        return module.name == "pam_succeed_if.so" && words.contains("uid = 0") && words.contains("service = login")
    }

    private static func consoleProfileAlone(in stack: PAMStack) -> [Cause] {
        zip(stack.steps, stack.steps.dropFirst()).compactMap { step, next in
            guard let module = step.module, self.isConsoleCondition(module), case .jump = module.control.onSuccess,
                next.module?.isOurs != true
            else { return nil }
            return Cause(kind: .consoleProfileAlone, place: step.place, module: module.name)
        }
    }
}
