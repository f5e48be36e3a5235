import Glibc
import Testing

@testable import TwinlockClient

@Suite("who may answer at the socket")
struct SocketTrustTests {
    /// A directory of its own under /tmp with a socket file in it; removed with the value.
    final class Place {
        let directory: String
        var socket: String { "\(self.directory)/socket" }

        init(mode: mode_t) throws {
            var template = Array("/tmp/twinlock-test-XXXXXX".utf8CString)
            let made = try #require(mkdtemp(&template))
            self.directory = String(cString: made)
            let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let path = self.socket
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(result == 0)
            try #require(chmod(self.directory, mode) == 0)
        }

        deinit {
            unlink(self.socket)
            unlink("\(self.directory)/link")
            rmdir(self.directory)
        }
    }

    @Test("a directory that its owner alone can write to, under the sticky /tmp, will do")
    func good() throws {
        let place = try Place(mode: 0o755)
        let trust = try SocketTrust(checking: place.socket)
        #expect(trust.path == place.socket)
        #expect(trust.owner == geteuid())
    }

    @Test(
        "one that others can write to will not, sticky or not",
        arguments: [0o775, 0o757, 0o1777, 0o1775] as [mode_t]
    )
    func writable(mode: mode_t) throws {
        let place = try Place(mode: mode)
        #expect(throws: SocketError.writableByOthers(directory: place.directory)) {
            try SocketTrust(checking: place.socket)
        }
    }

    @Test("a symbolic link to a socket is not followed, one to its directory is")
    func links() throws {
        let place = try Place(mode: 0o755)
        let link = "\(place.directory)/link"
        try #require(symlink(place.socket, link) == 0)
        #expect(throws: SocketError.notASocket) { try SocketTrust(checking: link) }
        try #require(unlink(link) == 0)
        try #require(symlink(place.directory, link) == 0)
        #expect(try SocketTrust(checking: "\(link)/socket").path == place.socket)
    }

    @Test("what is not there, and what is no socket, say so")
    func nothing() {
        #expect(throws: SocketError.failed(errno: ENOENT)) { try SocketTrust(checking: "/nonexistent/socket") }
        for path in ["/etc/passwd", "/", ""] {
            #expect(throws: SocketError.notASocket) { try SocketTrust(checking: path) }
        }
    }

    @Test("root, the socket's owner, and oneself unless one is root")
    func peers() throws {
        let place = try Place(mode: 0o755)
        let trust = try SocketTrust(checking: place.socket)
        let other = trust.owner + 1000
        #expect(trust.accepts(peer: 0, caller: other))
        #expect(trust.accepts(peer: trust.owner, caller: 0))
        #expect(trust.accepts(peer: other, caller: other))
        #expect(!trust.accepts(peer: other, caller: 0))
        #expect(!trust.accepts(peer: other, caller: other + 1))
    }

    @Test("every directory above is looked at")
    func ancestors() {
        #expect(SocketTrust.ancestors(of: "/run/twinlock") == ["/run/twinlock", "/run", "/"])
        #expect(SocketTrust.ancestors(of: "/") == ["/"])
    }

    @Test("the sticky bit counts above the directory, on root's directories")
    func sticky() {
        func directory(_ mode: mode_t, owner: uid_t) -> stat {
            var status = stat()
            status.st_mode = S_IFDIR | mode
            status.st_uid = owner
            return status
        }
        #expect(SocketTrust.isSafe(directory(0o1777, owner: 0), owner: 7, holdsSocket: false))
        #expect(!SocketTrust.isSafe(directory(0o1777, owner: 0), owner: 7, holdsSocket: true))
        #expect(!SocketTrust.isSafe(directory(0o1777, owner: 7), owner: 7, holdsSocket: false))
        #expect(!SocketTrust.isSafe(directory(0o777, owner: 0), owner: 7, holdsSocket: false))
        #expect(SocketTrust.isSafe(directory(0o755, owner: 7), owner: 7, holdsSocket: true))
        #expect(!SocketTrust.isSafe(directory(0o755, owner: 8), owner: 7, holdsSocket: true))
    }
}
