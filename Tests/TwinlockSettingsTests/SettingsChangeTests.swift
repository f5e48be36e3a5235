import Testing
import TwinlockSettings

@Suite("settings read again")
struct SettingsChangeTests {
    private func change(_ new: String, from inForce: String = "", startedWith atStart: String? = nil) throws
        -> SettingsChange
    {
        try SettingsChange(to: new, from: inForce, startedWith: atStart ?? inForce)
    }

    @Test("what is made at the start waits for the next one, everything else is live")
    func kinds() throws {
        let change = try self.change(
            "[checker]\ndeadline = 3\n[sign-in]\nfailure-delay = 0\n[daemon]\nlog-level = debug\n"
        )
        #expect(change.live == ["daemon.log-level", "sign-in.failure-delay"])
        #expect(change.atNextStart == ["checker.deadline"])
    }

    @Test("a default that is written down, or taken out again, is no change")
    func defaults() throws {
        let text = "[sign-in]\nfailure-delay = 2\n[audit]\ndays = 400\n"
        for change in [try self.change(text), try self.change("", from: text)] {
            #expect(change.live.isEmpty)
            #expect(change.atNextStart.isEmpty)
        }
    }

    @Test("a key that is taken out has its default again")
    func removed() throws {
        #expect(try self.change("", from: "[sign-in]\nissuer = Example\n").live == ["sign-in.issuer"])
    }

    @Test("what needs a restart is told at every reload until it is set back or the daemon started anew")
    func restart() throws {
        let started = "[daemon]\nsocket = /run/a\n"
        let changed = "[daemon]\nsocket = /run/b\n"
        #expect(try self.change(changed, from: changed, startedWith: started).atNextStart == ["daemon.socket"])
        #expect(try self.change(started, from: changed, startedWith: started).atNextStart.isEmpty)
    }

    @Test("comments, order and space are no change")
    func form() throws {
        let one = "[sign-in]\nfailure-delay = 0\nissuer = X\n"
        let other = "# x\n[sign-in]\n  issuer=X\n\nfailure-delay=0\n"
        #expect(try self.change(other, from: one).live.isEmpty)
    }
}
