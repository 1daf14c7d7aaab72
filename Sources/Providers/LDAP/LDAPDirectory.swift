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
    /// Of direct binds.
    let template: LDAPTemplate?
    let logins: LoginFilter
    let nesting = NestingMemory()
    let explanations = TLSExplanations()
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
        template = try Self.template(settings.login)
        logins = try Self.logins(settings, reader)
        client = LDAPDirectoryClient(
            LDAPServerList(settings.connections), service: settings.service?.account,
            searchLimits: settings.poolLimits(settings.searchConnections),
            bindLimits: settings.poolLimits(settings.bindConnections))
    }

    public var attributeNames: [String] { reader.names }

    private static func template(_ login: LDAPDirectorySettings.LoginMethod) throws -> LDAPTemplate? {
        guard case .direct(let text) = login else { return nil }
        do throws(LDAPTemplate.Flaw) {
            return try LDAPTemplate(
                text, grammar: text.contains("=") ? .distinguishedName : .principal,
                placeholders: LoginName.placeholders)
        } catch {
            throw invalid("login.template is refused: \(error)")
        }
    }

    private static func logins(_ settings: LDAPDirectorySettings, _ reader: AttributeReader) throws -> LoginFilter {
        let text = if case .search(let filter) = settings.login { filter } else { String?.none }
        do throws(LDAPTemplate.Flaw) {
            return try LoginFilter(settings.people, template: text, mailAttribute: reader.mailAttribute)
        } catch {
            throw invalid("login.filter is refused: \(error)")
        }
    }

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

    /// Runs a body with LDAP errors told as faults, and a refused certificate by its flaw.
    func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as LDAPError {
            throw await explained(error) ?? LDAPFailure.fault(error)
        }
    }
}
