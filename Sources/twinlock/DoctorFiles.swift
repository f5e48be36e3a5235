import TwinlockTerminal

/// The owners and modes of what belongs to the daemon.
struct DoctorFiles: Sendable {
    /// One file or directory as it is.
    struct Status: Hashable, Sendable {
        let path: String
        let uid: UInt32
        let gid: UInt32
        /// The lowest twelve bits.
        let mode: UInt32
        let isDirectory: Bool

        var others: String { "mode \(String(self.mode, radix: 8))" }

        func allows(_ bits: UInt32) -> Bool { self.mode & bits != 0 }
    }

    /// Of the daemon.
    let user: (name: String, uid: UInt32, gid: UInt32)
    /// The socket's file; nil if there is none.
    let socket: Status?
    /// The directories above it, from the nearest to `/`.
    let aboveSocket: [Status]
    /// The state directory; nil if there is none, or nobody may look.
    let state: Status?
    /// The key and the database, of which some may be missing.
    let secrets: [Status]
    /// The settings file and its directory.
    let settings: [Status]

    /// What is wrong with them.
    func findings() -> [DoctorFinding] {
        self.socketFindings() + self.stateFindings() + self.settingsFindings()
    }

    private func socketFindings() -> [DoctorFinding] {
        guard let socket = self.socket else { return [] }
        var findings: [DoctorFinding] = []
        if socket.mode & 0o006 != 0o006 {
            findings.append(
                Self.finding(
                    .socketMode,
                    socket,
                    "not everybody can connect to the daemon's socket (\(socket.others)): programs that are not root fail",
                    "`chmod 0666 \(socket.path.printable)`; with systemd, `systemctl restart twinlockd.socket`"
                )
            )
        }
        for (index, directory) in self.aboveSocket.enumerated() {
            let isSticky = directory.allows(0o1000) && directory.uid == 0 && index > 0
            let isOwned = directory.uid == 0 || directory.uid == socket.uid
            if !isOwned || (directory.allows(0o022) && !isSticky) {
                findings.append(
                    Self.finding(
                        .socketMode,
                        directory,
                        "others than the daemon could put a socket here, and so logins do not trust the one that is there",
                        "it belongs to root or \(self.user.name), with mode 0755"
                    )
                )
            } else if !directory.allows(0o001) {
                findings.append(
                    Self.finding(
                        .socketMode,
                        directory,
                        "not everybody gets through this directory to the daemon's socket (\(directory.others))",
                        "`chmod 0755 \(directory.path.printable)`"
                    )
                )
            }
        }
        return findings
    }

    private func stateFindings() -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for file in [self.state].compactMap(\.self) + self.secrets {
            if file.uid != self.user.uid {
                findings.append(
                    Self.finding(
                        .stateOwner,
                        file,
                        "it belongs to uid \(file.uid), and the daemon, which is \(self.user.name), cannot use it",
                        "`chown \(self.user.name): \(file.path.printable)`"
                    )
                )
            }
            guard file.allows(0o077) else { continue }
            let right = file.isDirectory ? "0700" : "0600"
            let isKey = file.path.hasSuffix(".key")
            findings.append(
                Self.finding(
                    isKey ? .keyMode : .stateReadable,
                    file,
                    isKey
                        ? "others may read the sealing key (\(file.others)): the daemon does not start with it"
                        : "others than the daemon get at its secrets (\(file.others))",
                    "`chmod \(right) \(file.path.printable)`" + (isKey ? ", and think about who has read it" : "")
                )
            )
        }
        return findings
    }

    private func settingsFindings() -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for file in self.settings {
            if file.uid != 0 || file.allows(0o002) || (file.allows(0o020) && file.gid != 0) {
                findings.append(
                    Self.finding(
                        .settingsWritable,
                        file,
                        "others than root may change the daemon's settings, and with them who is asked for a code",
                        "it belongs to root, and nobody else may write: `chmod go-w` and `chown root:`"
                    )
                )
            }
            let bits: UInt32 = file.isDirectory ? 0o001 : 0o004
            let byGroup = file.gid == self.user.gid && file.allows(bits << 3)
            let byOwner = file.uid == self.user.uid && file.allows(bits << 6)
            if !file.allows(bits), !byGroup, !byOwner {
                findings.append(
                    Self.finding(
                        .settingsUnusable,
                        file,
                        "the daemon, which is \(self.user.name), cannot read its settings (\(file.others))",
                        "`chmod \(file.isDirectory ? "0755" : "0644") \(file.path.printable)`"
                    )
                )
            }
        }
        return findings
    }

    private static func finding(
        _ kind: DoctorFinding.Kind,
        _ file: Status,
        _ problem: String,
        _ advice: String
    ) -> DoctorFinding {
        DoctorFinding(kind, at: DoctorFinding.Place(file: file.path), problem, advice: advice)
    }
}
