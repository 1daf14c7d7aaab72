import Storage
import Vocabulary

extension Doctor {
    /// A master key that was kept apart from the machine.
    public enum KeySource: Sendable {
        case file(String)
        case recovery(sealed: String, code: SecretText)
    }

    /// Restores a backup into a folder of its own and recomputes everything in it: the proof that this backup and this
    /// key would bring the gateway back. The folder is removed. Never throws: what fails is a finding.
    ///
    /// - Parameter key: nil for the configured one.
    public func proveRestore(of backup: String, with key: KeySource?) async -> Finding {
        do {
            let findings = try await Restoration(configuration, logger: logger, clock: clock)
                .prove(backup, masterKey: try load(key))
            guard findings.isEmpty else {
                return Finding(subject: "restore", isGood: false, detail: findings.joined(separator: "; "))
            }
            return Finding(subject: "restore", isGood: true, detail: "\(backup) restores under that key, and is sound")
        } catch {
            return Finding(subject: "restore", isGood: false, detail: "\(error)")
        }
    }

    private func load(_ key: KeySource?) throws -> MasterKey {
        switch key {
        case nil: try configuration.loadMasterKey()
        case .file(let path): try MasterKey(hexadecimal: SecretSource.file(path).load().reveal())
        case .recovery(let sealed, let code): try Installation.openRecovery(sealed: sealed, code: code)
        }
    }
}
