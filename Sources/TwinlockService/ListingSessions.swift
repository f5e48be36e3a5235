import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

// `ListSessions`, `RevokeSession` and `RevokeSessions`: an account's sessions, looked at and ended from elsewhere.
extension TwinlockService {
    /// Entries of one reply. The longest possible ones, escaped, are 2.9 KB each, and a message holds 64 KiB.
    static let entriesPerReply = 16

    func listSessions(
        _ call: AuthorizedCall<ListParameters, AccountSubject>
    ) async throws(Refusal) -> ListSessionsResult {
        var after: [UInt8]?
        if let text = call.parameters.after {
            guard let handle = Handle.bytes(of: text) else { throw .invalidParameter("after") }
            after = handle
        }
        let found: [Session]
        do {
            found = try await self.store.sessions(
                of: call.subject.identity,
                after: after,
                limit: Self.entriesPerReply
            )
        } catch {
            self.log.storeFailed(error, doing: "listing sessions")
            throw .named(.unavailable)
        }
        let now = self.surroundings.now()
        let lifetimes = self.policy.sessionLifetimes
        return ListSessionsResult(
            sessions: found.filter { $0.expires(lifetimes) > now }.map { session in
                SessionEntry(
                    id: Handle.text(session.handle),
                    service: session.service,
                    remoteHost: session.remoteHost,
                    tty: session.tty,
                    factors: session.factors.inInterface,
                    created: session.created.value,
                    lastUsed: session.lastUsed.value,
                    expires: session.expires(lifetimes).value,
                    current: session.digest == call.subject.session?.digest
                )
            },
            next: found.count == Self.entriesPerReply ? found.last.map { Handle.text($0.handle) } : nil
        )
    }

    func revokeSession(
        _ call: AuthorizedCall<RevokeSessionParameters, AccountSubject>
    ) async throws(Refusal) -> Empty {
        let identity = call.subject.identity
        guard let handle = Handle.bytes(of: call.parameters.id) else { throw .named(.notFound) }
        do {
            guard try await self.store.endSession(handle: handle, of: identity) else {
                throw Refusal.named(.notFound)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch let error as StoreError {
            self.log.storeFailed(error, doing: "ending a session")
            throw .named(.unavailable)
        } catch {
            throw .named(.unavailable)
        }
        self.log.decision(
            "RevokeSession",
            .accepted,
            .sessionsRevoked,
            of: identity,
            origin: SignInOrigin(own: call.peer)
        )
        return Empty()
    }

    func revokeSessions(
        _ call: AuthorizedCall<RevokeSessionsParameters, AccountSubject>
    ) async throws(Refusal) -> RevokeSessionsResult {
        let identity = call.subject.identity
        var kept: [UInt8]?
        if call.parameters.exceptThis == true {
            guard let session = call.subject.session else { throw .invalidParameter("exceptThis") }
            kept = session.digest
        }
        let count: Int
        do {
            count = try await self.store.endSessions(
                of: identity,
                except: kept,
                at: self.surroundings.now(),
                self.policy.sessionLifetimes
            )
        } catch {
            self.log.storeFailed(error, doing: "ending sessions")
            throw .named(.unavailable)
        }
        self.log.decision(
            "RevokeSessions",
            .accepted,
            .sessionsRevoked,
            of: identity,
            origin: SignInOrigin(own: call.peer),
            detail: "\(count)"
        )
        return RevokeSessionsResult(count: Int64(count))
    }
}

/// A session's handle as text: lower-case hexadecimal.
enum Handle {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The handle; nil for a text that is none.
    static func bytes(of text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Session.handleBytes else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = self.value(of: digits[index]), let low = self.value(of: digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
