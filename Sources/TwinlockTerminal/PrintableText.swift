extension String {
    /// The text with control characters replaced, so that a name cannot move the cursor of whoever reads it.
    public var printable: String {
        String(
            String.UnicodeScalarView(
                self.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }
            )
        )
    }
}
