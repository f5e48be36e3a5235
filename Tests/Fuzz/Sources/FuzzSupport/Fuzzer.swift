import CFuzz
import Glibc

/// Runs libFuzzer, which calls back with one input after another.
///
/// - Parameter target: Looks at one input and stops the program where something does not hold. Must do all that it does
///   before it returns.
package func fuzz(_ target: @escaping @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32) -> Never {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, target))
}

/// Makes what lives for ever, such as a table, before the first input.
///
/// A pointer to a case of an enumeration has marks in it, and the leak detector does not know it as one.
package func prepare(_ tables: () -> Void) {
    __lsan_disable()
    tables()
    __lsan_enable()
}

/// Stops the program, so that libFuzzer keeps the input, where a claim does not hold.
package func claim(_ claim: @autoclosure () -> Bool, _ words: @autoclosure () -> String) {
    guard claim() else { fatalError(words()) }
}
