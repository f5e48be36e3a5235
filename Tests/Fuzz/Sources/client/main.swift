import FuzzSupport
import TwinlockInterface

Jobs.hold()
prepare {
    KnownMethod.all.forEach { $0.prepare() }
    _ = NamedError.declared
}
fuzz { start, count in
    Connection(UnsafeRawBufferPointer(start: start, count: count)).run()
    return 0
}
