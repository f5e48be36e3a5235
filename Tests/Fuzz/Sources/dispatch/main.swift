import FuzzSupport

Jobs.hold()
prepare { KnownMethod.all.forEach { $0.prepare() } }
fuzz { start, count in
    Connection(UnsafeRawBufferPointer(start: start, count: count)).run()
    return 0
}
