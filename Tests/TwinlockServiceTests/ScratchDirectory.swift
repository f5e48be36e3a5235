import Glibc

/// A directory for one database, removed when the last reference goes.
final class ScratchDirectory: Sendable {
    private let path: String

    init() {
        var template = Array("/tmp/twinlock-service-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            preconditionFailure("cannot make a temporary directory: error \(errno)")
        }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for suffix in ["", "-wal"] {
            unlink(self.database + suffix)
        }
        rmdir(self.path)
    }

    /// The path of the database.
    var database: String {
        "\(self.path)/db"
    }
}
