/// What the demo is made of: its hosts, its people, and the configuration that joins them.
struct DemoSettings {
    static let gatewayHost = "gate.localhost"
    static let applicationHost = "app.localhost"
    static let applicationKey = "vault"
    static let otherHost = "other.localhost"
    /// The role of services that ask for decisions and about tokens.
    static let serviceRole = "DecisionPoint"
    static let suffix = "dc=demo,dc=localhost"
    /// Shipped in the directory's own file, so that the mapping can name them.
    static let everybodyKey = "8d6f2c1e-5b0a-4c43-9a3e-0d4f6a1b7c01"
    static let keepersKey = "8d6f2c1e-5b0a-4c43-9a3e-0d4f6a1b7c02"

    let port: Int
    let directoryURL: String
    let serviceDN: String
    let authorityFile: String
    let policyFile: String
    let isQuiet: Bool

    static func password(of login: String) -> String { "\(login) signs in to the demo" }

    func url(_ host: String, _ path: String = "") -> String { "https://\(host):\(port)\(path)" }

    var configuration: String {
        """
        # Written by `gatehouse demo`: loopback only, good for nothing else.
        version: 1
        server:
          listen: 127.0.0.1:0
          public_url: \(url(Self.gatewayHost))
          trusted_proxies: [127.0.0.1/32]
          shutdown_grace: 2s
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants:
          - { slug: demo, name: Gatehouse demo, public_url: "\(url(Self.gatewayHost))" }
        \(providers)
        roles:
          - name: Reader
            description: May read the open pages of the demo's applications
          - name: VaultKeeper
            description: May read the restricted page
            inherits: [Reader]
          - name: \(Self.serviceRole)
            description: May ask for decisions, and whose session a token is
            permissions: [{ action: evaluate, type: decision }, { action: introspect, type: token }]
        mappings:
          - { provider: directory, group: \(Self.everybodyKey), role: Reader }
          - { provider: directory, group: \(Self.keepersKey), role: VaultKeeper }
        applications:
        \(application(Self.applicationKey, "Vault", Self.applicationHost))
        \(application("other", "Other application", Self.otherHost))
        policies:
          - { file: "\(policyFile)" }
        journal:
          head_interval: 5s
          sinks:
            - { type: file, path: heads/heads.jsonl }
        logging: { level: \(isQuiet ? "error" : "warning"), format: text }

        """
    }

    private var providers: String {
        """
        providers:
          - id: directory
            type: ldap
            name: Demo directory
            servers: ["\(directoryURL)"]
            tls: { ca_file: "\(authorityFile)" }
            bind_dn: "\(serviceDN)"
            bind_password_file: directory.password
            login: { method: search, bind_limit: 5, bind_window: 15m }
            people:
              base: "ou=people,\(Self.suffix)"
              login_attribute: uid
              key_attribute: entryUUID
              attributes:
                { display_name: cn, given_name: givenName, family_name: sn, mail: mail, department: departmentNumber }
            groups:
              base: "ou=groups,\(Self.suffix)"
              key_attribute: entryUUID
              nested: true
            sync: { guard: { protected_roles: [VaultKeeper] } }
          - { id: local, type: local, name: Password }
        """
    }

    private func application(_ id: String, _ name: String, _ host: String) -> String {
        """
          - id: \(id)
            name: \(name)
            host: \(host)
            public_url: \(url(host))
            forward_auth: { enabled: true }
        """
    }
}
