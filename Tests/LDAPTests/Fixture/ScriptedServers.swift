import Fixtures

@testable import LDAP

extension ScriptedLDAPServer {
    func configuration(
        _ transport: LDAPTransport = .allowPlaintext, operationTimeout: Duration = .seconds(5)
    ) -> LDAPConfiguration {
        LDAPConfiguration(
            endpoint: LDAPEndpoint(host: "127.0.0.1", port: UInt16(port)), transport: transport,
            connectTimeout: .seconds(2), operationTimeout: operationTimeout)
    }

    func connection(operationTimeout: Duration = .seconds(5)) throws -> LDAPConnection {
        try LDAPConnection(configuration(operationTimeout: operationTimeout))
    }
}

extension ScriptedLDAPRequest {
    var search: Search? { if case .search(let search) = self { search } else { nil } }
}
