import Glibc

/// Memory that malloc gets back is overwritten at once.
///
/// Measured: without it copies of a received password stay behind in freed buffers; the thread cache has to go too,
/// because it keeps blocks without touching them. Without that cache the event loop and the store's thread wait for
/// each other where they share an arena: with one arena for all a crowd was served a third slower. With one for each
/// of our threads, most of whom hardly use theirs, a busy daemon was larger.
///
/// glibc reads the variable before `main`, so that a start by hand has to begin once more; a unit file sets it.
enum MemoryTunables {
    private static let name = "GLIBC_TUNABLES"
    private static let value = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165:glibc.malloc.arena_max=4"
    /// Set by the first start, so that the second one is the last.
    private static let mark = "TWINLOCK_TUNED"

    static func ensure() throws(StartError) {
        let present = getenv(self.name).map { String(cString: $0) }
        let isMarked = getenv(self.mark) != nil
        unsetenv(self.mark)
        guard present != self.value else { return }
        guard !isMarked else { throw StartError("\(self.name) was taken away between two starts") }
        setenv(self.name, self.value, 1)
        setenv(self.mark, "1", 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        throw StartError("cannot start again with \(self.name) set", errno: errno)
    }
}
