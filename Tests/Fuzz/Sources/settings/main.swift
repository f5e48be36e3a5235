import FuzzSupport

@testable import TwinlockSettings

private func read(_ text: String) -> Result<Settings, SettingsError> {
    Result { () throws(SettingsError) in try Settings(text: text, name: "file") }
}

/// A text is settings, or an error of one line that names a line of the file; blank lines and comments mean nothing; a
/// reload takes what a start takes.
private func check(_ text: String) {
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    let outcome = read(text)
    switch outcome {
    case .success(let settings):
        // Behind the rest: rules know their lines.
        claim((try? read(text + "\n\n# a comment").get()) == settings, "a comment means something")
        guard let change = try? SettingsChange(to: text, from: text, startedWith: text) else {
            fatalError("taken at the start, and not by a reload")
        }
        claim(change.live.isEmpty && change.atNextStart.isEmpty, "a file differs from itself")
        let fromDefaults = try? SettingsChange(to: text, from: "", startedWith: "")
        claim(settings == Settings() || fromDefaults?.isNothing == false, "a difference that is none")
    case .failure(let error):
        claim(error.line.map { 1...lines ~= $0 } ?? true, "a line that there is not")
        claim(!error.words.isEmpty && !error.words.contains("\n"), "no line of words")
        claim(error.description.hasPrefix("file"), "the file is not named")
        if case .success = read("\n" + text) { fatalError("a blank line puts it right") }
    }
}

extension SettingsChange {
    fileprivate var isNothing: Bool { self.live.isEmpty && self.atNextStart.isEmpty }
}

fuzz { start, count in
    check(String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self))
    return 0
}
