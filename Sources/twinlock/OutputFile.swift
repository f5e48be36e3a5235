import TwinlockVarlink

/// The file that `--output` names: for its owner's eyes alone.
struct OutputFile {
    let path: String
    /// Whether what is there already may go.
    let mayReplace: Bool

    /// Looks at once whether the file can be written, and asks whether one that is there may go. Nil where none is named.
    ///
    /// - Parameter replacing: What the command line has answered already.
    static func named(_ path: String?, replacing: Bool, _ inputs: Inputs) throws(Failure) -> OutputFile? {
        guard let path else { return nil }
        guard path != "-" else {
            throw Failure(.usage, "--output takes a file's name; without it all goes to standard output")
        }
        return OutputFile(path: path, mayReplace: try inputs.requireWritable(path, replacing: replacing))
    }

    /// Writes it, mode 0600, and asks if something has come to be there meanwhile.
    func write(_ content: Frame, _ inputs: Inputs) throws(Failure) {
        try inputs.write(content, to: self.path, replacing: self.mayReplace)
    }
}
