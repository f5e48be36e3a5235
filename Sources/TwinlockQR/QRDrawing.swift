public import TwinlockVarlink

/// How a QR code becomes characters on a terminal.
///
/// Readers need light modules that are lighter than the dark ones, a light border, and squares that touch. Half blocks
/// give two modules per character. Fixed colours make it right on light terminals as well as on dark ones, and the light
/// modules are the foreground because the hair lines that some fonts leave between glyphs hurt dark modules, not light.
public struct QRDrawing {
    /// What is drawn with.
    public enum Style: Hashable, Sendable {
        /// Half blocks in two fixed colours of the 256-colour palette.
        case halfBlocks
        /// Half blocks in the terminal's own colours, whose ink must be lighter than its paper: no bytes but those three
        /// characters, blanks and line feeds.
        case plainHalfBlocks
        /// Two characters a module, no colours, no bytes but ASCII: `##` is light, as it is on a dark terminal.
        case ascii
    }

    /// Columns and rows of characters.
    public struct Size: Hashable, Sendable {
        /// Characters across.
        public let columns: Int
        /// Characters down.
        public let rows: Int

        /// A size.
        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }

        /// Whether it has room inside another.
        public func fits(in other: Size) -> Bool {
            self.columns <= other.columns && self.rows <= other.rows
        }
    }

    /// What is drawn.
    ///
    /// Secret.
    public let symbol: QRSymbol
    /// What is drawn with.
    public let style: Style
    /// Light modules on each side of the symbol.
    public let quietZone: Int

    /// Quiet zones, best first: ISO/IEC 18004 asks for four, and readers manage with two.
    public static let quietZones = [4, 2]

    /// A way of drawing.
    public init(of symbol: QRSymbol, style: Style, quietZone: Int) {
        self.symbol = symbol
        self.style = style
        self.quietZone = quietZone
    }

    /// The drawing with the widest quiet zone that has room; nil if none has.
    public static func fitting(_ symbol: QRSymbol, style: Style, in room: Size) -> QRDrawing? {
        self.quietZones
            .map { QRDrawing(of: symbol, style: style, quietZone: $0) }
            .first { $0.size.fits(in: room) }
    }

    /// The smallest drawing: what a terminal must have room for.
    public static func smallest(_ symbol: QRSymbol, style: Style) -> QRDrawing {
        QRDrawing(of: symbol, style: style, quietZone: self.quietZones.min() ?? 0)
    }

    /// What it takes.
    public var size: Size {
        let side = self.symbol.side + 2 * self.quietZone
        switch self.style {
        case .halfBlocks, .plainHalfBlocks: return Size(columns: side, rows: (side + 1) / 2)
        case .ascii: return Size(columns: 2 * side, rows: side)
        }
    }

    /// Appends the drawing, each row ended by a line feed.
    public func draw(into frame: Frame) {
        switch self.style {
        // 231 is white and 16 black in the fixed part of the palette; 0 to 15 are the theme's.
        case .halfBlocks: self.drawHalfBlocks(between: "\u{1B}[38;5;231;48;5;16m", and: "\u{1B}[0m", into: frame)
        case .plainHalfBlocks: self.drawHalfBlocks(between: "", and: "", into: frame)
        case .ascii: self.drawASCII(into: frame)
        }
    }

    /// Symbol and quiet zone, in rows and columns of the symbol.
    private var modules: Range<Int> {
        -self.quietZone..<(self.symbol.side + self.quietZone)
    }

    private func drawHalfBlocks(between start: String, and end: String, into frame: Frame) {
        for row in stride(from: self.modules.lowerBound, to: self.modules.upperBound, by: 2) {
            frame.append(start)
            for column in self.modules {
                // With an odd side the last lower half lies outside and comes out light: a little more quiet zone.
                switch (self.symbol.isDark(row: row, column: column), self.symbol.isDark(row: row + 1, column: column))
                {
                case (false, false): frame.append("█")
                case (false, true): frame.append("▀")
                case (true, false): frame.append("▄")
                case (true, true): frame.append(" ")
                }
            }
            frame.append(end)
            frame.append("\n")
        }
    }

    private func drawASCII(into frame: Frame) {
        for row in self.modules {
            for column in self.modules {
                frame.append(self.symbol.isDark(row: row, column: column) ? "  " : "##")
            }
            frame.append("\n")
        }
    }
}
