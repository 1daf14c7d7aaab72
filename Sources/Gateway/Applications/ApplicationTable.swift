import Authorization
import Foundation
import Storage
import Synchronization
import Vocabulary

/// A protected application as the gateway works with it.
public struct ProtectedApplication: Sendable, Hashable {
    public let id: ApplicationID
    public let tenant: TenantID
    public let settings: ApplicationConfiguration

    /// Where people are sent back to; its origin is the only one that hand-over codes are redeemed at.
    public var publicURL: PublicURL? { PublicURL(settings.publicURL) }

    /// How well people have to be authenticated for any request to it.
    public var requirement: AuthenticationRequirement {
        AuthenticationRequirement(
            // A number nobody knows is not quietly taken for a weaker one.
            strength: AuthenticationStrength(rawValue: settings.requiredStrength) ?? .aal2,
            maxAgeSeconds: settings.requiredAuthenticationAge.map(Int64.init))
    }

    /// What it is to OAuth clients at a path; nil where no access token is taken.
    public func resource(at path: String) -> ResourceConfiguration? {
        settings.resource.flatMap { $0.covers(path: path) ? $0 : nil }
    }

    /// What the policy calls a method.
    public func action(of method: String) -> String { settings.actions[method] ?? method.lowercased() }

    /// Whether a URL may be returned to after login: same scheme, host and port, a path, nothing hidden in it.
    public func accepts(returnTarget: String) -> Bool {
        guard let base = publicURL, returnTarget.utf8.count <= 4_096,
            returnTarget.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return false }
        guard returnTarget.hasPrefix(base.origin + "/") || returnTarget == base.origin else { return false }
        return !returnTarget.contains("\\")
    }
}

/// The applications by id and by host, in memory: forward-auth looks here on every request.
public final class ApplicationTable: Sendable {
    private struct Memory {
        var byID: [ApplicationID: ProtectedApplication] = [:]
        var byHost: [String: ApplicationID] = [:]
    }

    private let memory = Mutex(Memory())

    /// The application that answers at this host, lower case and without port; nil for a host that is nobody's.
    public func application(host: String) -> ProtectedApplication? {
        let name = host.lowercased()
        return memory.withLock { memory in memory.byHost[name].flatMap { memory.byID[$0] } }
    }

    /// The application of this id, from memory.
    public func application(_ id: ApplicationID) -> ProtectedApplication? { memory.withLock { $0.byID[id] } }

    /// By configured name, for the API.
    public func all(in tenant: TenantID) -> [ProtectedApplication] {
        memory.withLock { $0.byID.values.filter { $0.tenant == tenant } }.sorted { $0.settings.key < $1.settings.key }
    }

    func put(_ application: ProtectedApplication) {
        memory.withLock { memory in
            if let old = memory.byID[application.id] { memory.byHost[old.settings.host] = nil }
            memory.byID[application.id] = application
            memory.byHost[application.settings.host] = application.id
        }
    }

    func remove(_ id: ApplicationID) {
        memory.withLock { memory in
            guard let old = memory.byID.removeValue(forKey: id) else { return }
            memory.byHost[old.settings.host] = nil
        }
    }
}

extension ProtectedApplication {
    init(stored: StoredApplication) throws {
        id = stored.id
        tenant = stored.tenant
        settings = try JSONColumn.decode(ApplicationConfiguration.self, stored.settings)
    }
}
