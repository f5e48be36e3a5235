import Glibc

/// A directory of a test's own, removed with all files in it when the last reference goes.
final class TemporaryDirectory: Sendable {
    /// Its path, without a slash at the end.
    let path: String

    init() {
        var template = Array("/tmp/twinlock-store-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            preconditionFailure("cannot make a temporary directory: error \(errno)")
        }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in self.files {
            unlink("\(self.path)/\(file)")
        }
        rmdir(self.path)
    }

    /// The path of a database in it.
    var database: String {
        "\(self.path)/db"
    }

    /// Names of its files, sorted.
    var files: [String] {
        guard let directory = opendir(self.path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." {
                names.append(name)
            }
        }
        return names.sorted()
    }
}

/// Permission bits of a file; nil if it is not there.
func mode(of path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

/// Writes bytes into a file at an offset; makes it if it is not there.
func write(_ bytes: [UInt8], to path: String, at offset: Int = 0) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "cannot open \(path): error \(errno)")
    defer { close(descriptor) }
    // A pipe has no offset.
    precondition(offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset), "cannot seek \(path)")
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "cannot write \(path)")
}

/// All bytes of a file.
func read(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    precondition(descriptor >= 0, "cannot open \(path): error \(errno)")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = Glibc.read(descriptor, &piece, piece.count), count > 0 {
        bytes += piece[..<count]
    }
    return bytes
}
