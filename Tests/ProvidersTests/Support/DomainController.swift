import Fixtures
import LDAP
import Logging
import Vocabulary

@testable import Providers

/// A scripted server that answers as an Active Directory does: names of three kinds in a bind, refusals with their
/// data, objectGUID and objectSid as bytes, tokenGroups of the entry itself only.
struct DomainController {
    struct Account: Sendable {
        let name: String
        var principal: String
        var password = "right"
        /// The data of the refusal a right password gets; nil accepts it.
        var refusal: String?
        var control = "512"
        var tokens: [UInt8] = [7, 9]
        var dn: String { "CN=\(name),OU=People,\(DomainController.root)" }
    }

    static let root = "DC=corp,DC=example"
    /// What its root entry says the time is.
    static let clock = "20261121093000.0Z"
    /// The relative id of a group, and its name; 13 is the primary group of everybody.
    static let groups: [(rid: UInt8, name: String)] = [(7, "Engineers"), (9, "Staff"), (13, "Domain Users")]

    let server: ScriptedLDAPServer

    init(_ accounts: [Account]) throws {
        server = try ScriptedLDAPServer { Self.answer($0, accounts) }
    }

    static func sid(_ rid: UInt8) -> [UInt8] { [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, rid, 2, 0, 0] }
    /// A GUID whose text tells whether its first fields were turned around.
    static func guid(_ last: UInt8) -> [UInt8] {
        [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66] + [8, 9, 10, 11, 12, 13, 14, last]
    }
    static func guidText(_ last: String) -> String { "00112233-4455-6677-0809-0a0b0c0d0e\(last)" }

    /// The names people tried to bind by, in order.
    var binds: [String] {
        server.requests.compactMap { if case .bind(let name, _) = $0, name != Self.service { name } else { nil } }
    }

    static let service = "CN=service,\(root)"

    private static func answer(_ request: ScriptedLDAPRequest, _ accounts: [Account]) -> [ScriptedLDAPAnswer] {
        switch request {
        case .bind(service, "service"): [.bind(code: 0)]
        case .bind(let name, let password): [bind(name, password, accounts)]
        case .search(let search): find(search, accounts) + [.done(cookie: search.pageSize == nil ? nil : "")]
        default: []
        }
    }

    private static func bind(_ name: String, _ password: String, _ accounts: [Account]) -> ScriptedLDAPAnswer {
        let account = accounts.first { account in
            [account.dn, account.principal, "\(account.name)@corp.example", "CORP\\\(account.name)"]
                .contains { $0.lowercased() == name.lowercased() }
        }
        guard let account else { return refusal("525") }
        guard account.password == password else { return refusal("52e") }
        return account.refusal.map(refusal) ?? .bind(code: 0)
    }

    private static func refusal(_ data: String) -> ScriptedLDAPAnswer {
        let text = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data \(data), v4563"
        return .bind(code: 49, diagnostic: text)
    }

    private static func find(
        _ search: ScriptedLDAPRequest.Search, _ accounts: [Account]
    ) -> [ScriptedLDAPAnswer] {
        if search.base.isEmpty, search.scope == 0 {
            return [.entry(dn: "", attributes: [("currentTime", [Array(clock.utf8)])])]
        }
        if search.attributes == ["tokenGroups"] {
            guard search.scope == 0, let account = accounts.first(where: { $0.dn == search.base }) else { return [] }
            let tokens = account.tokens.map(sid)
            return [.entry(dn: account.dn, attributes: tokens.isEmpty ? [] : [("tokenGroups", tokens)])]
        }
        if search.filter.contains("(objectSid=") || search.filter.contains("objectClass=group") {
            return groups.filter { group in
                !search.filter.contains("(objectSid=")
                    || search.filter.contains(LDAPFilter.escape(bytes: sid(group.rid)))
            }.map(entry)
        }
        return accounts.enumerated().filter { _, account in
            let terms = [
                "(sAMAccountName=\(account.name))", "(userPrincipalName=\(account.principal))",
                "(mail=\(account.name)@mail.example)",
            ]
            return terms.contains { search.filter.lowercased().contains($0.lowercased()) }
                || search.filter == "(objectClass=user)"
        }.map { index, account in entry(account, UInt8(index)) }
    }

    private static func entry(_ account: Account, _ number: UInt8) -> ScriptedLDAPAnswer {
        .entry(
            dn: account.dn,
            attributes: [
                ("objectGUID", [guid(number)]), ("sAMAccountName", [Array(account.name.utf8)]),
                ("userPrincipalName", [Array(account.principal.utf8)]), ("objectSid", [sid(100 + number)]),
                ("primaryGroupID", [Array("525".utf8)]), ("userAccountControl", [Array(account.control.utf8)]),
                ("mail", [Array("\(account.name)@mail.example".utf8)]),
            ])
    }

    private static func entry(_ group: (rid: UInt8, name: String)) -> ScriptedLDAPAnswer {
        .entry(
            dn: "CN=\(group.name),OU=Groups,\(root)",
            attributes: [
                ("objectGUID", [guid(0x80 + group.rid)]), ("cn", [Array(group.name.utf8)]),
                ("objectSid", [sid(group.rid)]),
            ])
    }

    func directory(
        _ login: LDAPDirectorySettings.LoginMethod = .search(), hasService: Bool = true,
        lookup: LDAPDirectorySettings.GroupLookup? = nil, hasGroups: Bool = true
    ) throws -> LDAPDirectory {
        let settings = LDAPDirectorySettings(
            provider: DirectoryBench.provider, tenant: DirectoryBench.tenant,
            servers: [.init(host: "127.0.0.1", port: UInt16(server.port), protection: .plaintext)],
            service: hasService ? .init(dn: Self.service, password: SecretText("service")) : nil, login: login,
            domains: ["corp.example", "corp"],
            people: .init(
                base: "OU=People,\(Self.root)", filter: "(objectClass=user)", loginAttribute: "sAMAccountName",
                keyAttribute: .objectGUID, attributes: ["mail": "mail"]),
            groups: hasGroups
                ? .init(
                    base: "OU=Groups,\(Self.root)", filter: "(objectClass=group)", keyAttribute: .objectGUID,
                    lookup: lookup) : nil)
        return try LDAPDirectory(settings, logger: Logger(label: "directory")) { DirectoryBench.now }
    }
}
