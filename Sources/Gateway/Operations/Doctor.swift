import Foundation
import Identity
import Logging
import Providers
import Storage
import Vocabulary

/// Looks an installation over: each part by itself, with the cause of what is wrong and its cure.
public struct Doctor: Sendable {
    /// One thing that was looked at.
    public struct Finding: Sendable {
        public let subject: String
        public let isGood: Bool
        /// What was found; for what is wrong, the cause and the cure.
        public let detail: String

        public init(subject: String, isGood: Bool, detail: String) {
            self.subject = subject
            self.isGood = isGood
            self.detail = detail
        }
    }

    let configuration: Configuration
    let logger: Logger
    let clock: @Sendable () -> Timestamp
    private static let freeSpaceLimit = 256 << 20

    public init(
        _ configuration: Configuration, logger: Logger, clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) {
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
    }

    /// Never throws: what fails is a finding. A running server is not disturbed.
    public func examine() async -> [Finding] {
        var findings = await examineClock() + [examineKey(), examineStorage(), examineVolume(), examineSpace()]
        findings += await examineSinks() + examineTargets() + [examineErasures(), examineBlockList()]
        findings += configuration.policies.map(examinePolicy) + examinePoliciesTogether() + (await examineRules())
        findings += await examineNotifications() + examineRetention()
        for provider in configuration.providers where provider.isEnabled { findings += await examine(provider) }
        return findings
    }

    func finding(_ subject: String, _ good: String, _ check: () throws -> Void) -> Finding {
        do {
            try check()
            return Finding(subject: subject, isGood: true, detail: good)
        } catch {
            return Finding(subject: subject, isGood: false, detail: "\(error)")
        }
    }

    func examineKey() -> Finding {
        finding("master key", "readable only by its owner, well formed") {
            _ = try configuration.loadMasterKey()
            if let change = try? MasterKeyChange(configuration), change.isPending {
                throw Fault(
                    "doctor.master_key", .ourselves, "A change of the master key was begun and not finished.",
                    remedy: "Run `gatehouse key rewrap`, which finishes it.")
            }
        }
    }

    private func examineStorage() -> Finding {
        let folder = configuration.storage.directory
        return finding("storage", "\(folder) is private and writable, or will be made so at the first start") {
            var status = stat()
            guard stat(folder, &status) == 0 else {
                guard access(Self.existingParent(of: folder), W_OK | X_OK) == 0 else {
                    throw Fault(
                        "doctor.storage", .ourselves, "\(folder) does not exist and cannot be made by this user.",
                        remedy: "Make it with mode 0700, owned by the service's user.")
                }
                return
            }
            guard status.st_mode & 0o077 == 0 else {
                throw Fault(
                    "doctor.storage", .ourselves, "\(folder) is open to others.", remedy: "Run: chmod 700 \(folder)")
            }
            guard access(folder, W_OK) == 0 else {
                throw Fault(
                    "doctor.storage", .ourselves, "\(folder) is not writable.", remedy: "Let the service's user own it."
                )
            }
        }
    }

    private func examineSpace() -> Finding {
        let folder = Self.existingParent(of: configuration.storage.directory)
        guard let free = Store.freeSpace(at: folder) else {
            return Finding(subject: "free space", isGood: false, detail: "\(folder) cannot be looked at.")
        }
        return finding("free space", "\(free >> 20) MiB") {
            guard free > Self.freeSpaceLimit else {
                throw Fault(
                    "doctor.space", .ourselves, "Only \(free >> 20) MiB are free.",
                    remedy: "Make room: a full disk stops every change.")
            }
        }
    }

    /// The folder itself, or the nearest one above it that is there.
    static func existingParent(of folder: String) -> String {
        var url = URL(fileURLWithPath: folder)
        while url.path != "/", !FileManager.default.fileExists(atPath: url.path) { url.deleteLastPathComponent() }
        return url.path
    }

    func examineBlockList() -> Finding {
        finding("passwords", "the block lists can be read") { _ = try BlockLists.load(configuration.passwords) }
    }

    private func examineErasures() -> Finding {
        let path = configuration.journal.erasureLog
        let inside = configuration.storage.directory + "/"
        return finding("erasure log", "\(path) is kept outside the storage directory") {
            guard !path.hasPrefix(inside) else {
                throw Fault(
                    "doctor.erasures", .ourselves, "The erasure log \(path) is lost together with the database.",
                    remedy: "Name a file elsewhere in journal.erasure_log, and copy it with the backups.")
            }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard access(folder, W_OK | X_OK) == 0 else {
                throw Fault(
                    "doctor.erasures", .ourselves, "Erasures cannot be noted in \(folder): missing or not writable.",
                    remedy: "Make it, owned by the service's user.")
            }
        }
    }

    func examinePolicy(_ policy: PolicyFileConfiguration) -> Finding {
        finding("policies", "\(policy.file) has no faults") {
            guard let data = FileManager.default.contents(atPath: policy.file) else {
                throw Fault("doctor.policy", .ourselves, "\(policy.file) cannot be read.")
            }
            _ = try PolicyService.read(try PolicyService.parse(String(decoding: data, as: UTF8.self)))
        }
    }

    private func examine(_ provider: ProviderConfiguration) async -> [Finding] {
        let subject = "provider \(provider.key)"
        if case .upstream(let settings) = provider.kind { return await examine(settings, of: provider, subject) }
        if case .saml(let settings) = provider.kind { return await examine(settings, of: provider, subject) }
        guard case .ldap(let settings) = provider.kind else {
            return [Finding(subject: subject, isGood: true, detail: "local passwords")]
        }
        do {
            let now = clock()
            let directory = try makeDirectory(provider, settings)
            let checks = await directory.probe()
            let clocks = checks.compactMap { check in
                check.serverTime.map { compareClock(with: check.server, $0, sent: now) }
            }
            return checks.map { check in
                Finding(
                    subject: subject, isGood: check.isGood,
                    detail: (["\(check.server) \(check.step.rawValue): \(check.detail)"]
                        + [check.cure].compactMap(\.self))
                        .joined(separator: ". "))
            } + clocks
        } catch {
            return [Finding(subject: subject, isGood: false, detail: "\(error)")]
        }
    }

    /// Connects at the first question only. Throws what its settings and secrets throw at a start.
    func makeDirectory(
        _ provider: ProviderConfiguration, _ settings: LDAPProviderConfiguration
    ) throws -> LDAPDirectory {
        let now = clock()
        return try LDAPDirectory(
            LDAPDirectorySettings(
                settings, domains: provider.domains, provider: .random(at: now), tenant: .random(at: now)),
            logger: logger, clock: clock)
    }
}
