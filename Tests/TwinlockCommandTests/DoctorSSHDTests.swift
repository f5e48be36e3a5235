import Testing

@testable import twinlock

@Suite("the doctor on sshd")
struct DoctorSSHDTests {
    static let wellSet = """
        usepam yes
        kbdinteractiveauthentication yes
        pubkeyauthentication yes
        permitrootlogin without-password
        authenticationmethods keyboard-interactive publickey,keyboard-interactive
        """

    static func files(_ texts: [String: String]) -> SSHDFiles {
        SSHDFiles(main: "/etc/ssh/sshd_config", read: { texts[$0] }) { pattern in
            texts.keys.filter { $0.hasPrefix(pattern.prefix { $0 != "*" }) }.sorted()
        }
    }

    static func found(
        _ printed: [(String, String)],
        files: [String: String] = ["/etc/ssh/sshd_config": ""],
        asksTwice: Bool = true
    ) -> [String] {
        DoctorSSHD(
            files: self.files(files),
            accounts: printed.map { ($0, DoctorSSHD.Effective(printed: $1)) },
            asksTwice: asksTwice
        ).findings().map { "\($0.kind.rawValue) \($0.place?.description ?? "-")" }
    }

    @Test("the example of the package is well")
    func well() {
        #expect(Self.found([("alice", Self.wellSet)]) == [])
    }

    @Test("of several files the line is named that wins")
    func winner() {
        let files = [
            "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication yes\n",
            "/etc/ssh/sshd_config.d/10-a.conf": "# first\nChallengeResponseAuthentication=no\n",
            "/etc/ssh/sshd_config.d/20-b.conf": "KbdInteractiveAuthentication no\n",
        ]
        let off = Self.wellSet.replacing("kbdinteractiveauthentication yes", with: "kbdinteractiveauthentication no")
        #expect(Self.found([("alice", off)], files: files) == ["sshd-no-questions /etc/ssh/sshd_config.d/10-a.conf:2"])
        #expect(Self.found([("alice", off)], files: files, asksTwice: false) == [])
    }

    @Test("a Match that lets some in by key alone is named, with whom")
    func match() {
        let files = [
            "/etc/ssh/sshd_config":
                "AuthenticationMethods keyboard-interactive publickey,keyboard-interactive\nMatch User backup\n"
                + "  AuthenticationMethods publickey\n"
        ]
        let key = Self.wellSet.replacing("authenticationmethods", with: "authenticationmethods publickey\nx")
        let doctor = DoctorSSHD(
            files: Self.files(files),
            accounts: [("alice", .init(printed: Self.wellSet)), ("backup", .init(printed: key))],
            asksTwice: true
        )
        let found = doctor.findings()
        #expect(found.map(\.kind) == [.sshdKeyAlone])
        #expect(found.first?.place == DoctorFinding.Place(file: "/etc/ssh/sshd_config", line: 3))
        #expect(found.first?.problem.contains("backup") == true)
        #expect(found.first?.problem.contains("alice") == false)
    }

    @Test(
        "methods that PAM is not asked about are named",
        arguments: [
            ("pubkeyauthentication yes\nauthenticationmethods any", ["sshd-key-alone"]),
            ("pubkeyauthentication yes", ["sshd-key-alone"]),
            ("pubkeyauthentication yes\nauthenticationmethods publickey,publickey", ["sshd-key-alone"]),
            ("gssapiauthentication yes\nauthenticationmethods any", ["sshd-key-alone"]),
            ("pubkeyauthentication no\nauthenticationmethods any", []),
            ("pubkeyauthentication no\nauthenticationmethods publickey", []),
            ("pubkeyauthentication yes\nauthenticationmethods publickey,password", []),
            ("pubkeyauthentication yes\nauthenticationmethods publickey,keyboard-interactive:pam", []),
        ]
    )
    func alone(settings: String, expected: [String]) {
        let printed = "usepam yes\nkbdinteractiveauthentication yes\n\(settings)"
        #expect(Self.found([("alice", printed)]) == expected.map { "\($0) /etc/ssh/sshd_config" })
    }

    @Test("an sshd without PAM asks nobody for a code")
    func withoutPAM() {
        let files = ["/etc/ssh/sshd_config": "\nUsePAM no"]
        let printed = Self.wellSet.replacing("usepam yes", with: "usepam no")
        #expect(Self.found([("alice", printed)], files: files) == ["sshd-without-pam /etc/ssh/sshd_config:2"])
    }

    @Test("root, who may not come in by ssh at all, is left out")
    func root() {
        #expect(Self.found([("root", "usepam no\npermitrootlogin no")]) == [])
    }

    @Test("what sshd refuses of its settings is named with file and line")
    func refusal() {
        let files = Self.files(["/etc/ssh/sshd_config": "\nKbdInteractiveAuthentication no\n"])
        let said = "/etc/ssh/sshd_config.d/x.conf: line 3: Bad configuration option: Nonsense\nterminating"
        let finding = DoctorSSHD.refusal(said: said, files: files)
        #expect(finding.kind == .sshdSettings)
        #expect(finding.place == DoctorFinding.Place(file: "/etc/ssh/sshd_config.d/x.conf", line: 3))
        let other = DoctorSSHD.refusal(said: "sshd: no hostkeys available", files: files)
        #expect(other.place == DoctorFinding.Place(file: "/etc/ssh/sshd_config"))
        let disabled = #"Disabled method "keyboard-interactive" in AuthenticationMethods list "keyboard-interactive""#
        let off = DoctorSSHD.refusal(said: disabled, files: files)
        #expect(off.kind == .sshdNoQuestions)
        #expect(off.place == DoctorFinding.Place(file: "/etc/ssh/sshd_config", line: 2))
    }

    @Test("people are those who can log in")
    func people() {
        let passwd = """
            root:x:0:0:root:/root:/bin/bash
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
            alice:x:1000:1000::/home/alice:/bin/bash
            robot:x:1001:1001::/home/robot:/bin/false
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
            broken
            """
        #expect(DoctorSSHD.people(inPasswd: passwd) == ["root", "alice"])
    }
}
