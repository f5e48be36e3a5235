import Testing

@testable import TwinlockVarlink

@Suite("Connection ledger")
struct ConnectionLedgerTests {
    @Test("one uid gets 64 places, and one back for each that it leaves")
    func perUID() {
        var ledger = ConnectionLedger()
        func admit(_ uid: UInt32, allowance: Int = 64) -> Bool { ledger.admit(uid: uid, allowance: allowance) }
        for _ in 0..<64 { #expect(admit(1000)) }
        #expect(!admit(1000))
        #expect(admit(1001))
        ledger.release(uid: 1000)
        #expect(admit(1000))
        #expect(!admit(1000))
        #expect(ledger.total == 65)
    }

    @Test("a listed service may have more, and settings another number")
    func allowances() {
        var ledger = ConnectionLedger()
        func admit(_ uid: UInt32, allowance: Int = 64) -> Bool { ledger.admit(uid: uid, allowance: allowance) }
        for _ in 0..<2 { #expect(admit(1000, allowance: 2)) }
        #expect(!admit(1000, allowance: 2))
        #expect(admit(1000, allowance: 3))
        #expect(!admit(1000, allowance: 3))
    }

    @Test("everyone else together gets 768 of 1024 places; 256 stay for root")
    func reserve() {
        var ledger = ConnectionLedger()
        func admit(_ uid: UInt32, allowance: Int = 64) -> Bool { ledger.admit(uid: uid, allowance: allowance) }
        for uid in UInt32(1)...12 {
            for _ in 0..<64 { #expect(admit(uid)) }
        }
        #expect(ledger.total == 768)
        #expect(!admit(13))
        #expect(!admit(13, allowance: 1000))
        for _ in 0..<256 { #expect(admit(0)) }
        #expect(!admit(0))
        ledger.release(uid: 0)
        #expect(!admit(13))
        #expect(admit(0))
        ledger.release(uid: 5)
        ledger.release(uid: 0)
        #expect(admit(13))
    }

    @Test("root has no bound but the whole, and what it takes beyond its share others miss")
    func root() {
        var ledger = ConnectionLedger()
        func admit(_ uid: UInt32, allowance: Int = 64) -> Bool { ledger.admit(uid: uid, allowance: allowance) }
        for _ in 0..<1024 { #expect(admit(0)) }
        #expect(!admit(0))
        #expect(!admit(1000))
        ledger.release(uid: 0)
        #expect(admit(1000))
    }
}
