import Glibc

/// A connected stream socket, before the event loop takes it over.
enum SocketConnection {
    /// Connects.
    ///
    /// By hand, and blocking: the kernel then waits for room in the daemon's queue of connections up to the deadline,
    /// where a non-blocking socket gets EAGAIN at once (unix(7), connect(2)); and nothing can be sent on it before its
    /// other end has been checked.
    ///
    /// - Parameter deadline: Seconds to wait for room in the queue.
    /// - Returns: The descriptor, which the caller owns.
    static func open(_ path: String, deadline: Int) throws(SocketError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            // The last byte stays zero.
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else {
            throw .pathTooLong
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        var limit = timeval(tv_sec: deadline, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            throw reason == EAGAIN ? .queueFull(seconds: deadline) : .failed(errno: reason)
        }
        return descriptor
    }
}
