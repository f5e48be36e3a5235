import TwinlockInterface
import TwinlockQR
import TwinlockVarlink

/// What a person reads who sets a second factor up while he logs in: lines of printable ASCII, no wider than a terminal
/// unless a key or a link is. ssh clients print other bytes as numbers; the drawing of a QR code has some, and is for
/// consoles alone.
enum SetUpWords {
    static let codePrompt = "Code: "
    static let savedPrompt = "Type one of them when they are saved: "

    /// What a drawing may take: a terminal of 80 by 24 that shows the prompt, too.
    private static let room = QRDrawing.Size(columns: 80, rows: 23)

    /// A set-up that was begun. Secret.
    ///
    /// - Parameter withDrawing: Whether a QR code follows the text, where it has room. It comes last, so that it is on the
    ///   screen while the code is asked for.
    static func begun(_ setUp: BeginSetUpResult, withDrawing: Bool) -> SecretText {
        let drawing = withDrawing ? self.drawing(of: setUp.uri) : nil
        return self.text { frame in
            frame.append(
                """
                This account must have a second factor, and has none yet. Set one up now: add
                an account to an authenticator app on your phone, with these data:

                  Account    \(self.ascii(setUp.account))
                  Issuer     \(self.ascii(setUp.issuer))
                  Key
                """
            )
            frame.append("        ")
            frame.append(setUp.secret, groupsOf: 4)
            frame.append(
                """

                  Type       TOTP (time based), \(setUp.algorithm), \(setUp.digits) digits, \(setUp.period) seconds

                or open this link there:


                """
            )
            frame.append(setUp.uri)
            guard let drawing else { return frame.append("\n\nThen type the code that the app shows.\n") }
            frame.append("\n\nor let it scan the picture. Then type the code that the app shows.\n\n")
            drawing.draw(into: frame)
            // Login programs end a message with a line feed of their own: a second one would push the drawing up.
            frame.truncate(to: frame.count - 1)
        }
    }

    /// The QR code of a link, with as little around it as readers manage with; nil where it has no room.
    private static func drawing(of uri: SecretText) -> QRDrawing? {
        guard let symbol = uri.withUnsafeBytes({ QRSymbol(encoding: $0) }) else { return nil }
        let drawing = QRDrawing.smallest(symbol, style: .plainHalfBlocks)
        return drawing.size.fits(in: self.room) ? drawing : nil
    }

    /// The first code was wrong.
    static var wrongCode: SecretText {
        self.text { $0.append("This code is wrong. Type the one that the app shows now; compare the clocks.\n") }
    }

    /// The first code was right. Secret.
    static func recoveryCodes(_ codes: [SecretText]) -> SecretText {
        self.text { frame in
            frame.append(
                """
                The code is right: from now on logins ask for one. These recovery codes are the
                only way back without the phone. Each signs in once, in place of a code. Save
                them where the phone is not.


                """
            )
            for code in codes {
                frame.append("  ")
                frame.append(code)
                frame.append("\n")
            }
        }
    }

    /// What was typed is no recovery code.
    static var noneOfThem: SecretText {
        self.text { $0.append("This is none of them. Case, blanks and dashes do not matter.\n") }
    }

    private static func text(_ write: (Frame) -> Void) -> SecretText {
        // Room for all of it at once: a frame that grows copies what it holds.
        let frame = Frame(capacity: SignInResult.maximumMessageBytes)
        defer { frame.wipe() }
        // ssh clients put a name and an address ahead of the first line.
        frame.append("\n")
        write(frame)
        return frame.withUnsafeBytes { SecretText(copying: $0) }
    }

    /// Every name can be shown; what is not printable ASCII becomes a question mark.
    private static func ascii(_ name: String) -> String {
        String(name.unicodeScalars.map { (" "..."~").contains($0) ? Character($0) : "?" })
    }
}
