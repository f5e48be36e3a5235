import TwinlockInterface
import TwinlockSettings
import TwinlockTerminal
import TwinlockVarlink

/// One look at everything, worst first.
struct DoctorRound {
    /// Accounts that sshd is asked about at most: each takes it some ten milliseconds.
    private static let maximumAccounts = 200
    /// Seconds by which the daemon's clock may differ; the answer takes some of them.
    private static let clockTolerance: Int64 = 5
    private static let sealed = ["/etc/credstore.encrypted", "/etc/credstore"].map { "\($0)/twinlock.sealing.key" }

    let daemon: Daemon
    let session: SecretText?
    /// The one account that sshd is asked about; nil for all.
    let user: String?
    /// The address from which it would log in.
    let host: String

    /// What locks out, then what lets in, then notes.
    func findings() -> [DoctorFinding] {
        let stacks = DoctorStacks(stacks: DoctorHost.stacks(first: DoctorStacks.logins + DoctorStacks.lockers))
        let all =
            self.daemonFindings(stacks) + self.clockFindings() + self.settingsAndFiles() + self.moduleFindings(stacks)
            + stacks.findings() + self.sshdFindings(stacks)
        return DoctorFinding.Severity.allCases.flatMap { severity in all.filter { $0.kind.severity == severity } }
    }

    private func daemonFindings(_ stacks: DoctorStacks) -> [DoctorFinding] {
        let log = "`journalctl --unit twinlockd.service` says why"
        let socket = DoctorFinding.Place(file: self.daemon.socket)
        let health: GetHealthResult
        do throws(Failure) {
            health = try self.daemon.call(Administration.GetHealth.self, AdministratorParameters(session: self.session))
        } catch {
            guard error.status != .refused else { return [self.notLookedAt("the daemon", why: error.message)] }
            let hint = "`systemctl start twinlockd.socket`; \(log)"
            return [
                DoctorFinding(
                    .daemonUnreachable,
                    at: stacks.firstOurs ?? socket,
                    (stacks.firstOurs == nil ? "" : "this line lets nobody in: ") + error.message,
                    advice: hint
                )
            ]
        }
        var findings: [DoctorFinding] = []
        if let rotation = health.keyRotation {
            findings.append(
                DoctorFinding(
                    .keyRotation,
                    at: nil,
                    "the sealing key is being replaced: "
                        + "\(rotation.accountsDone) of \(rotation.accountsTotal) accounts are done",
                    advice: "nothing, it goes on by itself; where it does not, \(log)"
                )
            )
        }
        if health.store == .failing {
            findings.append(
                DoctorFinding(
                    .storeFailing,
                    at: socket,
                    "the daemon cannot save anything, and so lets nobody in with a code",
                    advice: "make sure that there is room on the disk; \(log)"
                )
            )
        }
        if health.checker == .failing {
            findings.append(
                DoctorFinding(
                    .checkerFailing,
                    at: DoctorFinding.Place(file: "/etc/pam.d/twinlock-password"),
                    "the daemon cannot have passwords checked, and so lets nobody in",
                    advice:
                        "`systemctl start twinlock-checker.socket`; `journalctl --identifier twinlock-checker` says why"
                )
            )
        }
        let difference = health.time - DoctorHost.now
        if difference.magnitude > Self.clockTolerance.magnitude {
            let direction = difference > 0 ? "ahead of" : "behind"
            findings.append(
                DoctorFinding(
                    .daemonClock,
                    at: socket,
                    "the daemon's clock is \(difference.magnitude) seconds \(direction) this host's: right codes are refused",
                    advice: "`systemctl restart twinlockd.service`, and look at what starts it with another time"
                )
            )
        }
        return findings
    }

    private func clockFindings() -> [DoctorFinding] {
        guard DoctorHost.isClockSynchronised == false else { return [] }
        return [
            DoctorFinding(
                .clockUnsynchronised,
                at: nil,
                "nothing keeps this host's clock right; half a minute off, and right codes are refused",
                advice: "install systemd-timesyncd or chrony, and look with `timedatectl`"
            )
        ]
    }

    private func settingsAndFiles() -> [DoctorFinding] {
        var settings = Settings()
        var findings: [DoctorFinding] = []
        if let text = DoctorHost.text(of: DoctorHost.settings) {
            do throws(SettingsError) {
                settings = try Settings(text: text, name: DoctorHost.settings)
            } catch {
                findings.append(
                    DoctorFinding(
                        .settingsUnusable,
                        at: DoctorFinding.Place(file: error.file, line: error.line),
                        "the daemon will not start again with its settings: \(error.words.printable)",
                        advice: "mend the line, and try with `twinlockd --check-config`"
                    )
                )
            }
        }
        guard let user = DoctorHost.user(settings.user) else {
            return findings + [
                DoctorFinding(
                    .stateOwner,
                    at: DoctorFinding.Place(file: "/etc/passwd"),
                    "the daemon's user \(settings.user.printable) is not among this host's users",
                    advice: "`systemd-sysusers` makes it"
                )
            ]
        }
        let state = settings.stateDirectory
        let key = "\(state)/sealing.key"
        let secrets = [key, "\(state)/twinlock.db"].compactMap { DoctorHost.status(of: $0) }
        let files = DoctorFiles(
            user: user,
            socket: DoctorHost.status(of: self.daemon.socket),
            aboveSocket: Self.above(self.daemon.socket).compactMap { DoctorHost.status(of: $0) },
            state: DoctorHost.status(of: state),
            secrets: secrets,
            settings: [Self.above(DoctorHost.settings).first ?? "", DoctorHost.settings].compactMap {
                DoctorHost.status(of: $0)
            }
        )
        findings += files.findings()
        guard DoctorHost.isRoot else {
            return findings + [self.notLookedAt("what is in \(state.printable)", why: "only root may")]
        }
        return findings + self.keyNotes(key, isThere: secrets.contains { $0.path == key })
    }

    private func keyNotes(_ key: String, isThere: Bool) -> [DoctorFinding] {
        let sealed = Self.sealed.first { DoctorHost.status(of: $0) != nil }
        guard let path = sealed ?? (isThere ? key : nil) else { return [] }
        let problem: String
        let advice: String
        switch (sealed != nil, isThere) {
        case (true, true):
            problem = "the sealing key comes from here, sealed by systemd, but \(key.printable) is still there too"
            advice = "once the daemon has started with it: `shred -u \(key.printable)`; keep a copy off the host"
        case (true, false):
            problem = "the sealing key comes from here, kept by systemd"
            advice = "keep a copy of the key off the host"
        default:
            problem = "the sealing key is this file, which root and the daemon can read"
            advice = "keep a copy off the host; twinlock's guide tells how systemd can seal it"
        }
        return [DoctorFinding(.sealingKey, at: DoctorFinding.Place(file: path), problem, advice: advice)]
    }

    private func moduleFindings(_ stacks: DoctorStacks) -> [DoctorFinding] {
        guard let place = stacks.firstOurs, !DoctorHost.hasModule else { return [] }
        return [
            DoctorFinding(
                .moduleMissing,
                at: place,
                "this line names pam_twinlock.so, which is not on this host: it refuses everybody",
                advice: "install the package again, or take the line out: `pam-auth-update --disable twinlock`"
            )
        ]
    }

    private func sshdFindings(_ stacks: DoctorStacks) -> [DoctorFinding] {
        guard DoctorHost.status(of: DoctorHost.sshd) != nil else { return [] }
        guard DoctorHost.isRoot else { return [self.notLookedAt("what sshd asks for", why: "only root may ask it")] }
        let main = DoctorHost.sshdSettings
        let files = SSHDFiles(main: main, read: DoctorHost.text(of:), expand: DoctorHost.paths(matching:))
        let people = DoctorSSHD.people(inPasswd: DoctorHost.text(of: "/etc/passwd") ?? "")
        // Without a Match it is the same for all but root.
        let names = self.user.map { [$0] } ?? (files.hasMatch ? people : [people.first { $0 != "root" } ?? "nobody"])
        var accounts: [(name: String, settings: DoctorSSHD.Effective)] = []
        for name in names.prefix(Self.maximumAccounts) {
            let words = ["-T", "-C", "user=\(name),host=\(self.host),addr=\(self.host)"]
            let said: String
            switch DoctorProgram.run(DoctorHost.sshd, words) {
            case .exited(0, let text):
                said = text
            case .exited(_, let text):
                return [self.sshdRefusal(said: text, files: files)]
            case .failed:
                return [self.notLookedAt("what sshd asks for", why: "it cannot be run", advice: "try `sshd -T`")]
            case .hung:
                return [
                    self.notLookedAt(
                        "what sshd asks for",
                        why: "`sshd -T` hangs, and was ended",
                        advice: "try it by hand; mostly a name service does not answer"
                    )
                ]
            }
            accounts.append((name, DoctorSSHD.Effective(printed: said)))
        }
        let findings = DoctorSSHD(files: files, accounts: accounts, asksTwice: stacks.sshdAsksTwice).findings()
        guard names.count > accounts.count else { return findings }
        return findings + [
            self.notLookedAt(
                "what sshd asks of more than \(accounts.count) accounts",
                why: "look at others with --user"
            )
        ]
    }

    private func sshdRefusal(said text: String, files: SSHDFiles) -> DoctorFinding {
        // It wants a directory that is there while it serves.
        guard text.contains("privilege separation directory") else {
            return DoctorSSHD.refusal(said: text, files: files)
        }
        return self.notLookedAt(
            "what sshd asks for",
            why: "it has not been started",
            advice: "look again when it serves"
        )
    }

    private func notLookedAt(
        _ what: String,
        why: String,
        advice: String = "run `twinlock admin doctor` as root"
    ) -> DoctorFinding {
        DoctorFinding(.notLookedAt, at: nil, "not looked at: \(what): \(why)", advice: advice)
    }

    /// `/a/b/c` gives `/a/b`, `/a`, `/`.
    private static func above(_ path: String) -> [String] {
        var directories: [String] = []
        var current = path[...]
        while current.count > 1, let slash = current.lastIndex(of: "/") {
            current = slash == current.startIndex ? "/" : current[..<slash]
            directories.append(String(current))
        }
        return directories
    }
}
