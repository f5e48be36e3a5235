import Logging
import Testing

@testable import TwinlockLogging

@Suite("log lines and journal entries")
struct LoggingTests {
    @Test("a newline in a name does not begin another line")
    func newline() {
        let bytes = LogLine.bytes(
            level: .notice,
            message: "refused",
            metadata: ["user": "mallory\n<0>root let in\u{1b}[2J\u{85}"],
            priority: true
        )
        let line = String(decoding: bytes, as: UTF8.self)
        #expect(line == "<5>refused user=\"mallory\\u{a}<0>root let in\\u{1b}[2J\\u{85}\"\n")
    }

    @Test("a quote in a name does not end the value")
    func quote() {
        let line = String(
            decoding: LogLine.bytes(
                level: .error,
                message: "no",
                metadata: ["user": "a\" outcome=\"accepted\\"],
                priority: false
            ),
            as: UTF8.self
        )
        #expect(line == "error: no user=\"a\\\" outcome=\\\"accepted\\\\\"\n")
    }

    @Test("empty values are left out, the rest is sorted")
    func emptyValues() {
        let line = String(
            decoding: LogLine.bytes(
                level: .info,
                message: "m",
                metadata: ["tty": "", "b": "2", "a": "1"],
                priority: false
            ),
            as: UTF8.self
        )
        #expect(line == "info: m a=\"1\" b=\"2\"\n")
    }

    @Test("a value in a journal entry cannot begin another field")
    func journal() {
        let entry = JournalEntry.bytes(
            level: .warning,
            message: "m",
            metadata: ["remote-host": "x\nPRIORITY=0"],
            identifier: "twinlockd"
        )
        var expected: [UInt8] = []
        for (name, value) in [
            ("PRIORITY", "4"), ("SYSLOG_IDENTIFIER", "twinlockd"), ("MESSAGE", "m"),
            ("TWINLOCK_REMOTE_HOST", "x\nPRIORITY=0"),
        ] {
            expected +=
                Array("\(name)\n".utf8) + [UInt8(value.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array("\(value)\n".utf8)
        }
        #expect(entry == expected)
    }

    @Test("messages below the level are dropped, and metadata is merged with the call's first")
    func handler() {
        let lines = Lines()
        var logger = Logger(label: "t") { _ in
            SinkLogHandler(
                threshold: LogThreshold(.notice),
                format: { LogLine.bytes(level: $0, message: $1, metadata: $2, priority: false) },
                sink: { lines.append($0) }
            )
        }
        logger[metadataKey: "k"] = "outer"
        logger.info("dropped")
        logger.notice("kept", metadata: ["k": "inner"])
        #expect(lines.all == ["notice: kept k=\"inner\"\n"])
    }

    @Test("a threshold that is moved holds for those who log already, but for one who has set a level of his own")
    func threshold() {
        let lines = Lines()
        let threshold = LogThreshold(.notice)
        let logger = Logger(label: "t") { _ in
            SinkLogHandler(
                threshold: threshold,
                format: { LogLine.bytes(level: $0, message: $1, metadata: $2, priority: false) },
                sink: { lines.append($0) }
            )
        }
        var own = logger
        own.logLevel = .error
        threshold.level = .debug
        logger.debug("kept")
        own.notice("dropped")
        #expect(lines.all == ["debug: kept\n"])
    }
}

private final class Lines: @unchecked Sendable {
    var all: [String] = []

    func append(_ bytes: [UInt8]) {
        self.all.append(String(decoding: bytes, as: UTF8.self))
    }
}
