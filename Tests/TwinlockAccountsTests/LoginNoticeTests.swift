import Testing

@testable import TwinlockAccounts

@Suite("the line that somebody sees who has logged in")
struct LoginNoticeTests {
    @Test("nothing is said where all is well, and on request how many recovery codes are left")
    func well() {
        for left in 4...10 {
            #expect(LoginNotice(recoveryCodesLeft: left).line(remaining: false) == nil)
            #expect(
                LoginNotice(recoveryCodesLeft: left).line(remaining: true) == "Twinlock: \(left) recovery codes left."
            )
        }
    }

    @Test("who has no second factor is told of the day from which on he must have one")
    func requiredFrom() {
        let notice = LoginNotice(requiredFrom: UnixSeconds(1_798_761_600))
        #expect(
            notice?.line(remaining: false)
                == "Twinlock: From 2027-01-01 on logins need a second factor: `twinlock enable` sets it up."
        )
        #expect(LoginNotice(requiredFrom: nil) == nil)
    }

    @Test("three or fewer recovery codes are counted, with the command that makes new ones", arguments: [true, false])
    func few(remaining: Bool) {
        let counts = [
            "No recovery code left", "1 recovery code left", "2 recovery codes left", "3 recovery codes left",
        ]
        for (left, count) in counts.enumerated() {
            for areSaved in [true, false] {
                #expect(
                    LoginNotice(recoveryCodesLeft: left, areSaved: areSaved).line(remaining: remaining)
                        == "Twinlock: \(count): `twinlock recovery-codes --regenerate` makes new ones."
                )
            }
        }
    }

    @Test("enough recovery codes that are not known to be saved are to be looked at, and not made anew")
    func unsaved() {
        #expect(
            LoginNotice(recoveryCodesLeft: 9, areSaved: false).line(remaining: false)
                == "Twinlock: 9 recovery codes left, not known to be saved: `twinlock recovery-codes` shows them."
        )
    }

    @Test("recovery codes in doubt are counted as what they are at most, saved or not, few or not")
    func inDoubt() {
        for areSaved in [true, false] {
            #expect(
                LoginNotice(recoveryCodesLeft: 2, areSaved: areSaved, areInDoubt: true).line(remaining: false)
                    == "Twinlock: At most 2 recovery codes left since a restore: "
                    + "`twinlock recovery-codes --regenerate` makes new ones."
            )
        }
        #expect(
            LoginNotice(recoveryCodesLeft: 0, areInDoubt: true).line(remaining: false)
                == LoginNotice(recoveryCodesLeft: 0).line(remaining: false),
            "none is none, doubt or not"
        )
    }

    @Test("wrong codes that count are told ahead of anything else")
    func failures() {
        #expect(
            LoginNotice(failedCodes: 1).line(remaining: false)
                == "Twinlock: 1 wrong code counts against you: if not yours, change the password (`twinlock log`)."
        )
        #expect(
            LoginNotice(recoveryCodesLeft: 8, failedCodes: 100).line(remaining: true)
                == "Twinlock: 100 wrong codes count against you: if not yours, change the password (`twinlock log`). "
                + "8 recovery codes left."
        )
    }

    @Test("whatever is so, it is one line of printable ASCII, bounded, and beginning with our name")
    func form() {
        for left in 0...RecoverySet.size {
            for failedCodes in 0...Throttle.maximumFailures {
                for facts in 0..<8 {
                    let notice = LoginNotice(
                        recoveryCodesLeft: left,
                        areSaved: facts & 1 != 0,
                        areInDoubt: facts & 2 != 0,
                        failedCodes: failedCodes
                    )
                    guard let line = notice.line(remaining: facts & 4 != 0) else { continue }
                    #expect(line.utf8.count <= LoginNotice.maximumBytes, "\(line)")
                    #expect(line.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(line)")
                    #expect(line.hasPrefix("Twinlock: "), "\(line)")
                }
            }
        }
    }
}
