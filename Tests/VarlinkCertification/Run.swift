import CTwinlockLinux
import Glibc
import NIOCore
import NIOPosix
import TwinlockVarlink

/// Serves the certification interface at a path until a signal says stop. Returns the exit status.
///
/// `listening` on standard output says that clients may come.
func run(_ arguments: [String]) throws -> Int32 {
    let hasEdges = arguments.first == "--edges"
    guard arguments.count == (hasEdges ? 2 : 1), let path = arguments.last else {
        write("usage: varlink-certification [--edges] SOCKET\n", to: STDERR_FILENO)
        return 2
    }
    let exchanges = Exchanges(values: hasEdges ? .edges : .common)
    let service = VarlinkService(
        vendor: "Twinlock",
        product: "varlink-certification",
        version: "1",
        url: "",
        interfaces: [(InterfaceText.name, InterfaceText.certification)]
    ) { call, _, replies in
        await exchanges.answer(call, replies: replies)
    }
    tl_block_signals()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try Server(path: path, service: service, group: group)
    write("listening\n", to: STDOUT_FILENO)
    tl_wait_signal()
    try server.stop()
    try group.syncShutdownGracefully()
    unlink(path)
    return 0
}

private func write(_ words: String, to descriptor: Int32) {
    var words = words
    _ = words.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
