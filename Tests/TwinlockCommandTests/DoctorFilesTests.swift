import Testing
import TwinlockVarlink

@testable import twinlock

@Suite("the doctor on owners and modes, and what it prints")
struct DoctorFilesTests {
    static func status(_ path: String, uid: UInt32, mode: UInt32, isDirectory: Bool = false) -> DoctorFiles.Status {
        DoctorFiles.Status(path: path, uid: uid, gid: uid, mode: mode, isDirectory: isDirectory)
    }

    /// A host on which all is well, with one file in another state.
    static func found(_ changed: DoctorFiles.Status? = nil) -> [String] {
        func now(_ status: DoctorFiles.Status) -> DoctorFiles.Status {
            changed?.path == status.path ? changed ?? status : status
        }
        return DoctorFiles(
            user: ("twinlock", 990, 990),
            socket: now(self.status("/run/twinlock/twinlock.socket", uid: 990, mode: 0o666)),
            aboveSocket: [
                now(self.status("/run/twinlock", uid: 990, mode: 0o755, isDirectory: true)),
                now(self.status("/run", uid: 0, mode: 0o755, isDirectory: true)),
            ],
            state: now(self.status("/state", uid: 990, mode: 0o700, isDirectory: true)),
            secrets: [
                now(self.status("/state/sealing.key", uid: 990, mode: 0o600)),
                now(self.status("/state/twinlock.db", uid: 990, mode: 0o600)),
            ],
            settings: [
                now(self.status("/conf", uid: 0, mode: 0o755, isDirectory: true)),
                now(self.status("/conf/twinlockd.conf", uid: 0, mode: 0o644)),
            ]
        ).findings().map { "\($0.kind.rawValue) \($0.place?.description ?? "-")" }
    }

    @Test("as they are installed nothing is found")
    func well() {
        #expect(Self.found() == [])
        #expect(Self.found(Self.status("/run", uid: 0, mode: 0o1777, isDirectory: true)) == [])
    }

    @Test(
        "what is wrong is named",
        arguments: [
            (status("/run/twinlock/twinlock.socket", uid: 990, mode: 0o600), "socket-mode"),
            (status("/run/twinlock", uid: 990, mode: 0o700, isDirectory: true), "socket-mode"),
            (status("/run/twinlock", uid: 990, mode: 0o775, isDirectory: true), "socket-mode"),
            (status("/run/twinlock", uid: 0, mode: 0o1777, isDirectory: true), "socket-mode"),
            (status("/run/twinlock", uid: 1000, mode: 0o755, isDirectory: true), "socket-mode"),
            (status("/state", uid: 990, mode: 0o755, isDirectory: true), "state-readable"),
            (status("/state", uid: 0, mode: 0o700, isDirectory: true), "state-owner"),
            (status("/state/sealing.key", uid: 990, mode: 0o640), "key-mode"),
            (status("/state/sealing.key", uid: 0, mode: 0o600), "state-owner"),
            (status("/state/twinlock.db", uid: 990, mode: 0o644), "state-readable"),
            (status("/conf/twinlockd.conf", uid: 0, mode: 0o600), "settings-unusable"),
            (status("/conf/twinlockd.conf", uid: 0, mode: 0o666), "settings-writable"),
            (status("/conf/twinlockd.conf", uid: 1000, mode: 0o644), "settings-writable"),
            (status("/conf", uid: 0, mode: 0o777, isDirectory: true), "settings-writable"),
        ]
    )
    func wrong(status: DoctorFiles.Status, expected: String) {
        #expect(Self.found(status) == ["\(expected) \(status.path)"])
    }

    @Test("a finding for a script has every member, whatever applies")
    func json() {
        let frame = Frame()
        DoctorText.writeJSON(DoctorFinding(.exempt, at: nil, "a problem", advice: "an advice"), into: frame)
        let place = DoctorFinding.Place(file: "/a", line: 3)
        DoctorText.writeJSON(DoctorFinding(.passesBefore, at: place, "a problem", advice: "an advice"), into: frame)
        let text = frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(
            text
                == #"{"id":"exempt","severity":"note","file":null,"line":null,"problem":"a problem","advice":"an advice"}"#
                + "\n" + #"{"id":"passes-before","severity":"lets-in","file":"/a","line":3,"problem":"a problem","#
                + #""advice":"an advice"}"# + "\n"
        )
    }

    @Test("a list of names stays short")
    func list() {
        #expect(DoctorFinding.list(["a"]) == "a")
        #expect(DoctorFinding.list(["a", "b"]) == "a and b")
        #expect(DoctorFinding.list(["a", "b", "c", "d", "e", "f", "g", "h"]) == "a, b, c, d, e and 3 more")
    }
}
