import Testing

@testable import TwinlockService

@Suite("checks wait their turn")
struct CheckGateTests {
    private let gate = CheckGate()
    private let door = Door()

    private func check(_ source: String, isConsole: Bool = false, isRoot: Bool = true) -> Task<Bool, Never> {
        let (gate, door) = (self.gate, self.door)
        let requester = CheckRequester(source: source, isConsole: isConsole, isRoot: isRoot)
        return Task {
            do {
                try await gate.run(for: requester, patience: { await door.patience() }) {
                    () async throws(CheckFailure) in
                    await door.pass(source)
                }
                return true
            } catch {
                return false
            }
        }
    }

    private func waiting(_ count: Int) async {
        while await self.gate.waitingCount != count { await Task.yield() }
    }

    @Test("six run for the network, two more for the console; a source's queue is bounded")
    func places() async {
        var tasks = (0..<6).map { self.check("host\($0)") }
        await self.door.inside(6)
        tasks += (0..<CheckGate.maximumWaitingPerSource).map { _ in self.check("mallory") }
        await self.waiting(CheckGate.maximumWaitingPerSource)
        #expect(await self.check("mallory").value == false)
        tasks += (0..<2).map { self.check("tty\($0)", isConsole: true) }
        await self.door.inside(8)
        #expect(await !self.door.names.contains("mallory"))
        await self.door.open()
        for task in tasks { #expect(await task.value) }
        await self.door.endPatience()
    }

    @Test("a uid other than root's holds four places at most, and so cannot keep others out")
    func perUid() async {
        let mine = (0..<CheckGate.maximumPerUid).map { _ in self.check("uid:1000", isRoot: false) }
        await self.door.inside(4)
        #expect(await self.check("uid:1000", isRoot: false).value == false)
        let other = self.check("host")
        await self.door.inside(5)
        await self.door.open()
        for task in mine + [other] { #expect(await task.value) }
    }

    @Test("who waits too long is turned away, and the next one gets the place")
    func patience() async {
        let tasks = (0..<6).map { self.check("host\($0)") }
        await self.door.inside(6)
        let impatient = self.check("late")
        await self.waiting(1)
        await self.door.endPatience()
        #expect(await impatient.value == false)
        await self.door.open()
        for task in tasks { #expect(await task.value) }
        #expect(await self.check("next").value)
    }

    /// Holds everybody who passes until it is opened, and keeps everybody's patience until it is ended.
    private actor Door {
        private(set) var names: [String] = []
        private var isOpen = false
        private var held: [CheckedContinuation<Void, Never>] = []
        private var patient: [CheckedContinuation<Void, Never>] = []

        func pass(_ name: String) async {
            self.names.append(name)
            if self.isOpen { return }
            await withCheckedContinuation { self.held.append($0) }
        }

        func inside(_ count: Int) async {
            while self.names.count < count { await Task.yield() }
        }

        func open() {
            self.isOpen = true
            self.held.forEach { $0.resume() }
            self.held = []
        }

        func patience() async {
            await withCheckedContinuation { self.patient.append($0) }
        }

        func endPatience() {
            self.patient.forEach { $0.resume() }
            self.patient = []
        }
    }
}
