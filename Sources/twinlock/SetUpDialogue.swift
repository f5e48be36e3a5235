import ArgumentParser
import TwinlockInterface
import TwinlockQR
import TwinlockTerminal
import TwinlockVarlink

/// How a set-up is shown.
struct SetUpOptions: ParsableArguments {
    @Flag(help: "Print the set-up and the result as a line of JSON each, instead of text and QR code.")
    var json = false

    @Flag(name: .customLong("no-qr"), help: "Show the data for typing by hand only.")
    var withoutQR = false

    @Flag(help: "Draw the QR code with # and blanks, for terminals without colours or block characters.")
    var ascii = false
}

/// Shows a set-up that was begun, and asks for its first code.
struct SetUpDialogue {
    let inputs: Inputs
    let form: SetUpOptions

    /// The daemon takes a few wrong codes for one set-up before it is void; nobody needs more at one prompt.
    private static let tries = 5

    /// Shows what the app needs.
    ///
    /// The text comes first, so that the QR code stays in sight above the prompt.
    func show(_ setUp: BeginSetUpResult, replaces: Bool) throws(Failure) {
        // Room for all of it at once: a frame that grows copies what it holds.
        let frame = Frame(capacity: 32768)
        defer { frame.wipe() }
        if self.form.json {
            SetUpText.writeJSON(setUp, into: frame)
        } else {
            let drawing = self.form.withoutQR ? nil : self.drawing(of: setUp.uri)
            SetUpText.write(setUp, replaces: replaces, withQR: drawing != nil, into: frame)
            drawing?.draw(into: frame)
        }
        try StandardOutput.write(frame)
    }

    /// The QR code, if standard output is a terminal with room for it and for the prompt below it.
    private func drawing(of uri: SecretText) -> QRDrawing? {
        guard let terminal = Terminal.size(of: Output.standard) else { return nil }
        let room = QRDrawing.Size(columns: terminal.columns, rows: terminal.rows - 1)
        guard let symbol = uri.withUnsafeBytes({ QRSymbol(encoding: $0) }) else {
            Failure.advise("the data do not fit into a QR code")
            return nil
        }
        let style: QRDrawing.Style = self.form.ascii ? .ascii : .halfBlocks
        guard let drawing = QRDrawing.fitting(symbol, style: style, in: room) else {
            let needed = QRDrawing.smallest(symbol, style: style).size
            Failure.advise(
                "the QR code needs a terminal of \(needed.columns) columns and \(needed.rows + 1) rows, this one has "
                    + "\(room.columns) and \(room.rows + 1): enlarge it and begin again, or type the data by hand"
            )
            return nil
        }
        return drawing
    }

    /// Asks for the first code until it is right.
    ///
    /// From a file there is one try: what follows was not written for it.
    ///
    /// - Parameter send: Sends one to the daemon.
    func confirm(
        _ send: (SecretText) throws(Failure) -> NewRecoveryCodesResult
    ) throws(Failure) -> NewRecoveryCodesResult {
        for isLast in (1...Self.tries).map({ $0 == Self.tries || !self.inputs.asksForCodes }) {
            let code = try self.inputs.code(prompt: "Code: ")
            do {
                return try send(code)
            } catch {
                let failure = Self.confirmFailure(error)
                guard !isLast, failure.cause == .authenticationFailed || failure.cause == .codeAlreadyUsed else {
                    throw failure
                }
                failure.report()
            }
        }
        preconditionFailure("the last try returns or throws")
    }

    /// At this prompt it is the code that was wrong; no password was sent.
    private static func confirmFailure(_ failure: Failure) -> Failure {
        guard failure.cause == .authenticationFailed else { return failure }
        return Failure(
            .refused,
            "this code is wrong",
            hint: "type the code that the app shows now; if it stays wrong, compare the clocks of phone and machine",
            cause: failure.cause
        )
    }
}
