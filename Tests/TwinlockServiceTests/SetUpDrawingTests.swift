import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockQR
import TwinlockVarlink

@testable import TwinlockService

@Suite("the QR code of a set-up in a login")
struct SetUpDrawingTests {
    private static func origin(
        uid: UInt32 = 0,
        tty: String = "tty1",
        host: String = "",
        purpose: Purpose = .login
    ) -> SignInOrigin {
        SignInOrigin(
            peerUid: uid,
            service: "login",
            tty: tty,
            remoteHost: host,
            realUid: 0,
            purpose: purpose,
            passed: []
        )
    }

    @Test("is for virtual consoles", arguments: ["tty1", "tty6", "tty9", "tty10", "tty63", "/dev/tty1", "/dev/tty63"])
    func consoles(tty: String) {
        #expect(Self.origin(tty: tty).isAtConsole)
    }

    @Test(
        "and for no other terminal",
        arguments: [
            "", "tty", "tty0", "tty64", "tty100", "tty01", "tty+1", "tty-1", "tty 1", "tty1 ", "tty1a", "tty٣", "TTY1",
            "/dev/", "/dev/tty", "/dev/tty0", "/dev/tty64", "/dev//tty1", "/dev/dev/tty1", "dev/tty1", "/tty1",
            "/dev/pts/1", "pts/1", "ttyS0", "/dev/ttyS1", "ttyUSB0", "ttyAMA0", "hvc0", "/dev/hvc0", "xvc0", "console",
            "/dev/console", ":0", ":1.0", "ssh", "cron", "tty99999999999999999999",
        ]
    )
    func otherTerminals(tty: String) {
        #expect(!Self.origin(tty: tty).isAtConsole)
    }

    @Test("nor where anything else says that the console is not local")
    func elsewhere() {
        #expect(!Self.origin(host: "192.0.2.7").isAtConsole)
        #expect(!Self.origin(uid: 1000).isAtConsole, "root's word alone is taken")
        #expect(!Self.origin(purpose: .session).isAtConsole, "programs draw it themselves")
    }

    /// The message of a login by root's program with that tty and host.
    private func message(tty: String, host: String? = nil, name: String = "alice") async throws -> String {
        let scene = try Scene {
            $0.signIn.secondFactor = .required
            $0.signIn.allowsSetUp = true
        }
        scene.host.state.withLock { $0.users[name] = .init(uid: 1500, password: "correct horse") }
        let step = try await scene.signIn(.init(name), "correct horse", from: Scene.root) {
            $0.service = "login"
            $0.tty = tty
            $0.remoteHost = host
            $0.realUid = 0
            $0.purpose = .login
        }
        let message = try #require(step.message)
        #expect(message.count <= SignInResult.maximumMessageBytes)
        return message.text
    }

    @Test("is the link that stands above it, comes last, and takes no more than 80 by 24 with the prompt")
    func drawn() async throws {
        let message = try await self.message(tty: "/dev/tty1")
        let link = try #require(message.split(separator: "\n").first { $0.hasPrefix("otpauth://") })
        let symbol = try #require(Array(link.utf8).withUnsafeBytes { QRSymbol(encoding: $0) })
        let drawing = QRDrawing(of: symbol, style: .plainHalfBlocks, quietZone: 2)
        let frame = Frame()
        drawing.draw(into: frame)
        let drawn = frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect((message + "\n").hasSuffix("\n\n" + drawn))
        #expect(drawing.size.columns <= 80 && drawing.size.rows + 1 <= 24)
        #expect(message.dropLast(drawn.count - 1).utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
    }

    @Test("is not there for a login over ssh, on a pseudo-terminal or on a serial line")
    func notDrawn() async throws {
        for (tty, host) in [("ssh", "192.0.2.7"), ("/dev/tty1", "192.0.2.7"), ("pts/3", nil), ("/dev/ttyS0", nil)] {
            let message = try await self.message(tty: tty, host: host)
            #expect(message.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) }, "\(tty)")
        }
    }

    @Test("is left out where the names are too long for it, and the text is whole")
    func tooLong() async throws {
        let message = try await self.message(tty: "tty1", name: String(repeating: "ü", count: 60))
        #expect(message.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
        #expect(message.hasSuffix("Then type the code that the app shows.\n"))
    }
}
