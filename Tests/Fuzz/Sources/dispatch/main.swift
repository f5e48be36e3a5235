import FuzzSupport
import TwinlockInterface

Jobs.hold()
prepare { Service.tables.forEach { _ = $0.fields } }
fuzz { start, count in
    Connection(UnsafeRawBufferPointer(start: start, count: count)).run()
    return 0
}
