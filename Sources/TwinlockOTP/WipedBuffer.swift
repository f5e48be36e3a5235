import Glibc

/// Overwrites `buffer` with zeros in a way that the optimiser may not leave out.
package func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let start = buffer.baseAddress else { return }
    explicit_bzero(start, buffer.count)
}

/// Calls `body` with `count` zero bytes of scratch memory and wipes them on every way out.
///
/// They are on the stack where they fit.
package func withWipedBuffer<Result, Failure: Error>(
    count: Int,
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    // The error leaves as a value: the standard library's function would forget its type.
    let outcome: Swift.Result<Result, Failure> = withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) {
        buffer in
        wipe(buffer)
        defer { wipe(buffer) }
        do throws(Failure) {
            return .success(try body(buffer))
        } catch {
            return .failure(error)
        }
    }
    return try outcome.get()
}

/// Whether both are the same bytes.
///
/// Every byte is read whatever the ones before were; the length alone may show.
package func areEqualWithoutEarlyExit(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in 0..<one.count {
        difference |= one[index] ^ other[index]
    }
    return difference == 0
}
