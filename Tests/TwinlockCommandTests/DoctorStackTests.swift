import Testing

@testable import twinlock

@Suite("the doctor on PAM stacks")
struct DoctorStackTests {
    static let debian = """
        auth [success=1 default=ignore] pam_unix.so nullok
        auth requisite pam_deny.so
        auth required pam_permit.so
        """

    static let profile = """
        auth [success=2 ignore=ignore default=die] pam_twinlock.so nullok
        auth [success=1 default=ignore] pam_unix.so nullok try_first_pass
        auth requisite pam_deny.so
        auth required pam_permit.so
        """

    static let console = """
        auth [success=1 default=ignore] pam_succeed_if.so quiet uid = 0 service = login
        auth [success=2 ignore=ignore default=die] pam_twinlock.so nullok
        auth [success=1 default=ignore] pam_unix.so nullok try_first_pass
        auth requisite pam_deny.so
        auth required pam_permit.so
        """

    /// What is found of services with these lines, as `KIND FILE:LINE`.
    static func found(_ stacks: [(service: String, text: String)], files: [String: String] = [:]) -> [String] {
        let stacks = stacks.map { service, text in
            PAMStack(service: service, file: ("/etc/pam.d/\(service)", text)) { name in
                files[name].map { ("/etc/pam.d/\(name)", $0) }
            }
        }
        return DoctorStacks(stacks: stacks).findings().map {
            "\($0.kind.rawValue) \($0.place?.description ?? "-")".replacing("/etc/pam.d/", with: "")
        }
    }

    @Test(
        "stacks of the guide and of the manual are well",
        arguments: [
            "auth required pam_twinlock.so nullok",
            "auth requisite pam_twinlock.so",
            "auth sufficient pam_rootok.so\nauth required pam_twinlock.so nullok",
            "auth required pam_twinlock.so\nauth optional pam_group.so",
            "auth sufficient pam_twinlock.so\nauth required pam_deny.so",
            "auth [success=1 default=ignore] pam_twinlock.so\nauth requisite pam_deny.so\nauth required pam_permit.so",
            "\(debian)\nauth required pam_twinlock.so code_only nullok",
            profile, console,
        ]
    )
    func well(text: String) {
        #expect(Self.found([("sudo", text)]) == [])
    }

    @Test(
        "whatever lets somebody in after a wrong code is named with its line",
        arguments: [
            "auth required pam_unix.so\nauth optional pam_twinlock.so",
            "auth required pam_unix.so\nauth sufficient pam_twinlock.so",
            "auth required pam_unix.so\nauth [success=ok default=ignore] pam_twinlock.so",
            "auth required pam_unix.so\nauth [success=ok authinfo_unavail=ignore default=die] pam_twinlock.so",
            "auth required pam_unix.so\nauth [success=ok default=1] pam_twinlock.so\nauth required pam_deny.so",
        ]
    )
    func wrongCode(text: String) {
        #expect(Self.found([("sudo", text)]).contains("wrong-code-passes sudo:2"))
    }

    @Test(
        "whatever leads past our line without a code is named with its line",
        arguments: [
            "auth sufficient pam_unix.so\nauth required pam_twinlock.so",
            "auth [success=done default=ignore] pam_unix.so\nauth required pam_twinlock.so",
            "auth [success=1 default=ignore] pam_unix.so\nauth required pam_twinlock.so\nauth required pam_permit.so",
        ]
    )
    func passesBefore(text: String) {
        #expect(Self.found([("sudo", text)]) == ["passes-before sudo:1"])
    }

    @Test("a group without a code is a note")
    func exempt() {
        let text = "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup no-code\n" + Self.profile
        #expect(Self.found([("sudo", text)]) == ["exempt sudo:1"])
    }

    @Test("the console's profile without the other is named, once for all services that include it")
    func consoleAlone() {
        let text = "auth [success=1 default=ignore] pam_succeed_if.so quiet uid = 0 service = login\n" + Self.debian
        let found = Self.found(
            [("login", "@include common-auth"), ("su", "@include common-auth")],
            files: ["common-auth": text]
        )
        #expect(
            found == [
                "console-profile-alone common-auth:1", "service-without-code login:1", "service-without-code su:1",
            ]
        )
    }

    @Test("a service that never asks is named with its own file, and a locker is a note")
    func withoutCode() {
        let files = ["common-auth": Self.debian]
        let text = "# nothing\n\n@include common-auth\n"
        #expect(Self.found([("sudo", text)], files: files) == ["service-without-code sudo:3"])
        #expect(Self.found([("i3lock", text)], files: files) == ["locker-without-code i3lock:3"])
        #expect(Self.found([("sudo", "auth required pam_deny.so")]) == [])
    }

    @Test("another service need not ask, but one that does has to do it right")
    func otherServices() {
        #expect(Self.found([("cron", "auth required pam_unix.so")]) == [])
        let text = "auth required pam_unix.so\nauth optional pam_twinlock.so"
        #expect(Self.found([("of-the-site", text)]) == ["wrong-code-passes of-the-site:2"])
    }

    @Test("an included file, a substack and a jump over one count as libpam counts them")
    func nesting() {
        let files = ["password": Self.debian, "ours": "auth required pam_twinlock.so"]
        #expect(Self.found([("su", "auth include ours")], files: files) == [])
        #expect(Self.found([("su", "auth substack password\nauth substack ours")], files: files) == [])
        // `done` in a substack ends that alone.
        let sufficient = [
            "first": "auth sufficient pam_unix.so", "ours": files["ours"] ?? "",
        ]
        #expect(Self.found([("su", "auth substack first\nauth include ours")], files: sufficient) == [])
        #expect(
            Self.found([("su", "auth include first\nauth include ours")], files: sufficient) == [
                "passes-before first:1"
            ]
        )
        let over = "auth [success=1 default=ignore] pam_unix.so\nauth substack ours\nauth required pam_permit.so"
        #expect(Self.found([("su", over)], files: files) == ["passes-before su:1"])
    }

    @Test("a stack that lets nobody in is named, and so is a jump behind its end")
    func nobody() {
        #expect(
            Self.found([("su", "auth requisite pam_deny.so\nauth required pam_twinlock.so")]) == [
                "stack-refuses-all su:2"
            ]
        )
        #expect(
            Self.found([("su", "auth [success=3 default=die] pam_twinlock.so\nauth required pam_permit.so")])
                == ["stack-refuses-all su:1"]
        )
    }

    @Test("a failure that is taken over as if it were well closes the stack, as does a jump out of a substack")
    func failureTakenOver() {
        #expect(Self.found([("su", "auth [default=done] pam_deny.so\nauth required pam_permit.so")]) == [])
        let files = ["ours": "auth [success=2 default=die] pam_twinlock.so\nauth required pam_permit.so"]
        let text = "auth substack ours\nauth required pam_permit.so"
        #expect(Self.found([("su", text)], files: files) == ["stack-refuses-all ours:1"])
    }

    @Test("files that include each other end somewhere")
    func circle() {
        #expect(Self.found([("su", "@include su")], files: ["su": "@include su"]) == [])
    }

    @Test("comments, brackets, continued lines and a dash before the type are read")
    func form() {
        let text =
            "# auth sufficient pam_unix.so\n-auth [success=ok \\\n  default=die] /lib/security/pam_twinlock.so # ours\n"
        #expect(
            PAMLine.auth(in: text) == [
                PAMLine(
                    content: .module(
                        PAMControl("[success=ok default=die]"),
                        name: "/lib/security/pam_twinlock.so",
                        arguments: []
                    ),
                    number: 2
                )
            ]
        )
        #expect(Self.found([("su", text)]) == [])
    }
}
