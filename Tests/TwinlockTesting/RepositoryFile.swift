import Glibc

/// A text of this repository that tests hold the code against.
public enum RepositoryFile {
    /// It cannot be read.
    public struct Unreadable: Error {
        /// From the top of the repository.
        public let path: String
    }

    /// The whole file, as UTF-8.
    ///
    /// - Parameter path: From the top of the repository.
    public static func text(_ path: String) throws(Unreadable) -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let descriptor = open("/\(root)/\(path)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(path: path) }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            text += piece[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
