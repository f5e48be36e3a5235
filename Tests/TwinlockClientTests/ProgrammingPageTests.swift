import NIOCore
import Testing
import TwinlockInterface
import TwinlockTesting
import TwinlockVarlink

@Suite("docs/programming.md says what the code does")
struct ProgrammingPageTests {
    @Test("its Swift is the file beside this test, which is compiled")
    func example() throws {
        let page = try RepositoryFile.text("docs/programming.md")
        let compiled = try RepositoryFile.text("Tests/TwinlockClientTests/ProgrammingExample.swift")
        #expect(page.contains("```swift\n\(compiled)```"))
    }

    @Test("its bounds are those of the code")
    func bounds() throws {
        let page = try RepositoryFile.text("docs/programming.md")
        func seconds(_ time: TimeAmount) -> Int64 { time.nanoseconds / 1_000_000_000 }
        let rows = [
            "| one message | \(Limits.messageBytes) bytes |",
            "| one string | \(Limits.stringBytes) bytes |",
            "| objects and arrays inside each other | \(Limits.jsonDepth) |",
            "| connections of one uid | \(Limits.connectionsPerUID), as the settings say;",
            "| connections in all | \(Limits.connections), of which \(Limits.connectionsForRoot) are for root alone |",
            "| silence before the first byte | \(seconds(Limits.firstByteTime)) s |",
            "| from a message's first byte to its end | \(seconds(Limits.messageTime)) s |",
            "| silence between two calls | \(seconds(Limits.idleTime)) s |",
            "| until a reply is taken | \(seconds(Limits.writeTime)) s |",
        ]
        for row in rows { #expect(page.contains(row)) }
    }

    @Test("it has every interface, every method and every error, and no error that there is not")
    func complete() throws {
        let page = try RepositoryFile.text("docs/programming.md")
        for (interface, text) in InterfaceText.all {
            #expect(page.contains("| `\(interface)` |"))
            for line in text.split(separator: "\n") where line.hasPrefix("method ") {
                let method = line.dropFirst("method ".count).prefix { $0 != "(" }
                #expect(page.contains("`\(method)`") || page.contains(".\(method)`"), "\(method)")
            }
        }
        let errors = page.split(separator: "## Errors, and what to do")[1].split(separator: "\n\n")[0]
        let listed = errors.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `") else { return nil }
            return String(line.dropFirst(3).prefix { $0 != "`" })
        }
        let ours = NamedError.declared.values.flatMap { $0 }.map(\.member)
        let standard = [
            "InterfaceNotFound", "MethodNotFound", "MethodNotImplemented", "InvalidParameter", "PermissionDenied",
            "ExpectedMore",
        ]
        #expect(Set(listed) == Set(ours + standard.map { "org.varlink.service.\($0)" }))
        #expect(Set(listed).count == listed.count)
    }
}
