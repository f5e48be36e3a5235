/// The calls behind Start, in their order.
enum Step: String, CaseIterable, Sendable {
    case test01 = "Test01"
    case test02 = "Test02"
    case test03 = "Test03"
    case test04 = "Test04"
    case test05 = "Test05"
    case test06 = "Test06"
    case test07 = "Test07"
    case test08 = "Test08"
    case test09 = "Test09"
    case test10 = "Test10"
    case test11 = "Test11"
    case end = "End"

    /// What comes next; nothing behind the last.
    var next: Step? {
        Self.allCases.drop { $0 != self }.dropFirst().first
    }

    /// Must be called with the flag `more`.
    var isMore: Bool { self == .test10 }

    /// Must be called with the flag `oneway`.
    var isOneway: Bool { self == .test11 }
}
