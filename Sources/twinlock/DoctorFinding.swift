/// One thing that `admin doctor` has to say about this host: what, where it stands, and what to do.
struct DoctorFinding: Hashable, Sendable {
    /// What it does to people.
    enum Severity: String, CaseIterable, Sendable {
        /// Who should get in does not, now or before long.
        case locksOut = "locks-out"
        /// Somebody gets in without a code, or can arrange that he does.
        case letsIn = "lets-in"
        /// To be known; nothing is wrong by it.
        case note
    }

    /// What it is. A monitor knows it by this word, which stays what it is.
    enum Kind: String, CaseIterable, Sendable {
        case sshdNoQuestions = "sshd-no-questions"
        case sshdSettings = "sshd-settings"
        case consoleProfileAlone = "console-profile-alone"
        case stackRefusesAll = "stack-refuses-all"
        case moduleMissing = "module-missing"
        case daemonUnreachable = "daemon-unreachable"
        case storeFailing = "store-failing"
        case checkerFailing = "checker-failing"
        case daemonClock = "daemon-clock"
        case clockUnsynchronised = "clock-unsynchronised"
        case socketMode = "socket-mode"
        case stateOwner = "state-owner"
        case keyMode = "key-mode"
        case settingsUnusable = "settings-unusable"
        case sshdKeyAlone = "sshd-key-alone"
        case sshdWithoutPAM = "sshd-without-pam"
        case wrongCodePasses = "wrong-code-passes"
        case passesBefore = "passes-before"
        case serviceWithoutCode = "service-without-code"
        case stateReadable = "state-readable"
        case settingsWritable = "settings-writable"
        case exempt
        case lockerWithoutCode = "locker-without-code"
        case sealingKey = "sealing-key"
        case keyRotation = "key-rotation"
        case notLookedAt = "not-looked-at"

        var severity: Severity {
            switch self {
            case .sshdNoQuestions, .sshdSettings, .consoleProfileAlone, .stackRefusesAll, .moduleMissing,
                .daemonUnreachable, .storeFailing, .checkerFailing, .daemonClock, .clockUnsynchronised, .socketMode,
                .stateOwner, .keyMode, .settingsUnusable:
                return .locksOut
            case .sshdKeyAlone, .sshdWithoutPAM, .wrongCodePasses, .passesBefore, .serviceWithoutCode, .stateReadable,
                .settingsWritable:
                return .letsIn
            case .exempt, .lockerWithoutCode, .sealingKey, .keyRotation, .notLookedAt:
                return .note
            }
        }
    }

    /// A file, and the line in it that is to blame.
    struct Place: Hashable, Sendable, CustomStringConvertible {
        let file: String
        /// 1 for the first; nil where it is the file itself, or a line that is not there.
        var line: Int?

        /// `FILE:LINE`, or `FILE`.
        var description: String { self.line.map { "\(self.file):\($0)" } ?? self.file }
    }

    let kind: Kind
    /// nil where no file causes it.
    let place: Place?
    /// One sentence: lower case, no full stop.
    let problem: String
    /// The same for what to do.
    let advice: String

    init(_ kind: Kind, at place: Place?, _ problem: String, advice: String) {
        self.kind = kind
        self.place = place
        self.problem = problem
        self.advice = advice
    }

    /// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
    static func list(_ names: [String]) -> String {
        let shown = names.count > 6 ? names.prefix(5) + ["\(names.count - 5) more"] : names[...]
        guard let last = shown.last, shown.count > 1 else { return names.first ?? "" }
        return "\(shown.dropLast().joined(separator: ", ")) and \(last)"
    }
}
