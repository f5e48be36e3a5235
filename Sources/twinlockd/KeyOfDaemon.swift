import CTwinlockLinux
import Dispatch
import Glibc
import TwinlockKeyFile
import TwinlockOTP
import TwinlockSealing
import TwinlockService

/// The sealing key that the daemon works with: a credential of the service manager if there is one, otherwise a file in
/// the state directory.
struct KeyOfDaemon {
    private static let credential = "twinlock.sealing.key"

    let sealer: Sealer
    let custody: any KeyCustody
    /// The first start: where the key waits for its database.
    private let waiting: KeyFiles?

    static func find(stateDirectory: String, databaseExists: Bool) throws(StartError) -> KeyOfDaemon {
        do {
            if let credentials = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }),
                let sealer = try KeyFiles.credential(self.credential, in: credentials)
            {
                return KeyOfDaemon(sealer: sealer, custody: KeyAsCredential(), waiting: nil)
            }
            let files = KeyFiles(directory: stateDirectory)
            let found = try files.find(databaseExists: databaseExists, random: randomBytes)
            return KeyOfDaemon(
                sealer: found.sealer,
                custody: KeyInFile(files: files),
                waiting: found.isWaiting ? files : nil
            )
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Says that the database is there.
    func settle() throws(StartError) {
        do {
            try self.waiting?.settle()
        } catch {
            throw StartError("\(error)")
        }
    }
}

/// A key of the daemon's own, in its directory.
private struct KeyInFile: KeyCustody {
    let files: KeyFiles

    func replaceKey() async throws(KeyCustodyError) -> SealingKey {
        try await self.onDisk { files throws(KeyFileError) in
            try files.replace(by: randomBytes(SealingKey.byteCount))
        }
    }

    func removeReplacedKey() async throws(KeyCustodyError) {
        try await self.onDisk { files throws(KeyFileError) in try files.removePrevious() }
    }

    /// On a thread that may wait for the disk.
    private func onDisk<Outcome: Sendable>(
        _ work: @escaping @Sendable (KeyFiles) throws(KeyFileError) -> Outcome
    ) async throws(KeyCustodyError) -> Outcome {
        let files = self.files
        let result: Result<Outcome, KeyFileError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(KeyFileError) {
                    continuation.resume(returning: .success(try work(files)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        switch result {
        case .success(let outcome): return outcome
        case .failure(let error): throw .failed(reason: "\(error)")
        }
    }
}

/// A key that the service manager hands over.
private struct KeyAsCredential: KeyCustody {
    func replaceKey() async throws(KeyCustodyError) -> SealingKey {
        throw .isCredential
    }

    /// Nothing: the administrator takes it away.
    func removeReplacedKey() async throws(KeyCustodyError) {}
}

/// So many bytes from the kernel's generator. It does not fail on any kernel that runs this; if it did, stopping is right.
func randomBytes(_ count: Int) -> SecretBytes {
    SecretBytes(count: count) { bytes in
        precondition(tl_random(bytes.baseAddress, bytes.count) == 0, "the kernel's generator must answer")
    }
}
