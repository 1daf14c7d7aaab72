import Fixtures

@testable import LDAP

extension SlapdServer {
    var service: LDAPServiceAccount { .init(dn: serviceDN, password: Array(servicePassword.utf8)) }

    static func edgeCases(certificates: ServerCertificate? = nil, logs: Bool = false) async throws -> SlapdServer {
        let directory = FixtureDirectory.edgeCases()
        var options = SlapdOptions(
            ldif: .text(directory.ldif), suffix: directory.suffix, certificates: certificates)
        options.logsOperations = logs
        return try await SlapdServer(options)
    }
}

/// The LDAP error `body` throws; nil when it throws none.
func ldapError(_ body: () async throws -> Void) async -> LDAPError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LDAPError
    }
}
