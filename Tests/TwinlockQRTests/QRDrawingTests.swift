import Testing
import TwinlockVarlink

@testable import TwinlockQR

@Suite("QR code on a terminal")
struct QRDrawingTests {
    /// As long as ours are: 32 characters of key, default parameters left out.
    static let uri = "otpauth://totp/host.example:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=host.example"
    static let smallTerminal = QRDrawing.Size(columns: 80, rows: 24)

    static func symbol(_ text: String) throws -> QRSymbol {
        try #require(Array(text.utf8).withUnsafeBytes { QRSymbol(encoding: $0) })
    }

    static func drawing(_ drawing: QRDrawing) -> String {
        let frame = Frame()
        drawing.draw(into: frame)
        return frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a symbol has its three finder patterns, and no fourth")
    func finders() throws {
        let symbol = try Self.symbol(Self.uri)
        // ISO/IEC 18004: a dark ring of 7, a light ring of 5, a dark square of 3.
        let pattern = (0..<7).map { row in
            (0..<7).map { column in max(abs(row - 3), abs(column - 3)) != 2 }
        }
        func corner(_ top: Int, _ left: Int) -> [[Bool]] {
            (0..<7).map { row in (0..<7).map { symbol.isDark(row: top + row, column: left + $0) } }
        }
        let far = symbol.side - 7
        #expect(corner(0, 0) == pattern)
        #expect(corner(0, far) == pattern)
        #expect(corner(far, 0) == pattern)
        #expect(corner(far, far) != pattern)
    }

    @Test("outside the symbol everything is light")
    func outside() throws {
        let symbol = try Self.symbol("x")
        #expect(symbol.side == 21)
        #expect(symbol.isDark(row: 0, column: 0))
        for place in [(-1, 0), (0, -1), (21, 0), (0, 21)] {
            #expect(!symbol.isDark(row: place.0, column: place.1))
        }
    }

    @Test("nothing, and more than the largest symbol holds, have none")
    func noSymbol() {
        #expect(Array("".utf8).withUnsafeBytes { QRSymbol(encoding: $0) } == nil)
        #expect(
            Array(repeating: UInt8(ascii: "x"), count: 2953).withUnsafeBytes { QRSymbol(encoding: $0)?.side } == 177
        )
        #expect(Array(repeating: UInt8(ascii: "x"), count: 2954).withUnsafeBytes { QRSymbol(encoding: $0) } == nil)
    }

    @Test("one of our URIs fits 80 by 24 with a line to spare for the prompt, and keeps a quiet zone of four")
    func fits() throws {
        let room = QRDrawing.Size(columns: 80, rows: 23)
        let drawing = try #require(QRDrawing.fitting(try Self.symbol(Self.uri), style: .halfBlocks, in: room))
        #expect(drawing.quietZone == 4)
        #expect(drawing.size == QRDrawing.Size(columns: 45, rows: 23))
    }

    @Test("a longer one gives up quiet zone before it gives up")
    func smallerQuietZone() throws {
        let symbol = try Self.symbol(Self.uri + "&algorithm=SHA1&digits=6")
        #expect(symbol.side == 41)
        let room = QRDrawing.Size(columns: 80, rows: 23)
        #expect(QRDrawing.fitting(symbol, style: .halfBlocks, in: room)?.quietZone == 2)
        #expect(
            QRDrawing.fitting(symbol, style: .halfBlocks, in: QRDrawing.Size(columns: 49, rows: 25))?.quietZone == 4
        )
        #expect(QRDrawing.fitting(symbol, style: .halfBlocks, in: QRDrawing.Size(columns: 44, rows: 23)) == nil)
        #expect(QRDrawing.fitting(symbol, style: .halfBlocks, in: QRDrawing.Size(columns: 45, rows: 22)) == nil)
        #expect(QRDrawing.fitting(symbol, style: .ascii, in: Self.smallTerminal) == nil)
    }

    @Test(
        "half blocks say the same as the symbol, with colours and without",
        arguments: [4, 2],
        [QRDrawing.Style.halfBlocks, .plainHalfBlocks]
    )
    func halfBlocks(quietZone: Int, style: QRDrawing.Style) throws {
        let symbol = try Self.symbol(Self.uri)
        let drawing = QRDrawing(of: symbol, style: style, quietZone: quietZone)
        let lines = Self.drawing(drawing).split(separator: "\n")
        #expect(lines.count == drawing.size.rows)
        for (index, line) in lines.enumerated() {
            let colours = style == .halfBlocks ? "\u{1B}[38;5;231;48;5;16m" : ""
            let end = style == .halfBlocks ? "\u{1B}[0m" : ""
            try #require(line.hasPrefix(colours) && line.hasSuffix(end))
            let cells = Array(line.dropFirst(colours.count).dropLast(end.count))
            #expect(cells.count == drawing.size.columns)
            for (column, cell) in cells.enumerated() {
                let isDark = [0, 1].map {
                    symbol.isDark(row: 2 * index + $0 - quietZone, column: column - quietZone)
                }
                let expected: [Character: [Bool]] = [
                    "█": [false, false], "▀": [false, true], "▄": [true, false], " ": [true, true],
                ]
                #expect(expected[cell] == isDark)
            }
        }
    }

    @Test("ASCII says the same as the symbol, in ASCII")
    func ascii() throws {
        let symbol = try Self.symbol(Self.uri)
        let drawing = QRDrawing(of: symbol, style: .ascii, quietZone: 2)
        let text = Self.drawing(drawing)
        #expect(text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x23 || $0 == 0x0A })
        let lines = text.split(separator: "\n").map(Array.init)
        #expect(lines.count == drawing.size.rows)
        for (row, line) in lines.enumerated() {
            #expect(line.count == drawing.size.columns)
            for column in 0..<(line.count / 2) {
                let cell = symbol.isDark(row: row - 2, column: column - 2) ? "  " : "##"
                #expect(String(line[2 * column...2 * column + 1]) == cell)
            }
        }
    }
}
