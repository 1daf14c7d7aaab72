import Identity
import LDAP
import Logging
import Vocabulary

/// One LDAP directory as this gateway uses it: logins, snapshots, password changes and a check for administrators.
///
/// Searches and people's binds have connections of their own, so that neither waits for the other; what one of them
/// learns of a server serves both.
public struct LDAPDirectory: DirectorySource {
    public let settings: LDAPDirectorySettings
    let reader: AttributeReader
    let client: LDAPDirectoryClient
    let template: LDAPTemplate?
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    /// - Throws: `configuration.invalid` where a filter, a template or a base is not what it has to be.
    public init(
        _ settings: LDAPDirectorySettings, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) throws {
        self.settings = settings
        self.logger = logger
        self.clock = clock
        reader = AttributeReader(settings.people)
        try Self.check(settings)
        if case .direct(let text) = settings.login {
            do throws(LDAPTemplate.Flaw) {
                template = try LDAPTemplate(text, grammar: .distinguishedName)
            } catch {
                throw Self.invalid("login.template is refused: \(error)")
            }
        } else {
            template = nil
        }
        client = LDAPDirectoryClient(
            LDAPServerList(settings.connections), service: settings.service?.account,
            searchLimits: settings.poolLimits(settings.searchConnections),
            bindLimits: settings.poolLimits(settings.bindConnections))
    }

    public var attributeNames: [String] { reader.names }

    private static func check(_ settings: LDAPDirectorySettings) throws {
        guard !settings.servers.isEmpty else { throw invalid("a directory needs a server") }
        var filters = [("people.filter", settings.people.filter)]
        var names = [("people.base", settings.people.base)]
        var attributes = [settings.people.loginAttribute]
        if let groups = settings.groups {
            filters.append(("groups.filter", groups.filter))
            names.append(("groups.base", groups.base))
            attributes.append(groups.nameAttribute)
        }
        for (place, filter) in filters where !LDAPFilter.isWellFormed(filter) {
            throw invalid("\(place) is not a filter of RFC 4515")
        }
        for (place, name) in names where DistinguishedName(name) == nil { throw invalid("\(place) is not a name") }
        for name in attributes where LDAPFilter.equals(name, "x") == nil {
            throw invalid("\"\(name)\" is not the name of an attribute")
        }
        if let service = settings.service, DistinguishedName(service.dn) == nil {
            throw invalid("bind_dn is not a name")
        }
    }

    static func invalid(_ what: String) -> Fault {
        Fault("configuration.invalid", .ourselves, "A directory's settings are wrong: \(what).")
    }

    /// Runs a body with LDAP errors told as faults.
    func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as LDAPError {
            throw LDAPFailure.fault(error)
        }
    }
}
