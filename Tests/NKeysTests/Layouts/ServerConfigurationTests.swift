import NKeys
import Testing

@Suite("What servers are configured with")
struct ServerConfigurationTests {
    private let scene: Scene
    init() throws { scene = try Scene() }

    private func text(_ resolver: ServerConfiguration.Resolver, _ change: (inout Scene) -> Void = { _ in }) throws
        -> String
    {
        var scene = scene
        change(&scene)
        return try ServerConfiguration(
            operator: scene.operatorToken(), accounts: [scene.accountToken(), scene.systemToken()], resolver: resolver
        ).text
    }

    @Test("In memory: operator, system account, and every account before the start")
    func memory() throws {
        let text = try text(.memory)
        #expect(text.contains("operator: \(try scene.operatorToken().text)\n"))
        #expect(text.contains("system_account: \(scene.systemPair.publicKey)\n"))
        #expect(text.contains("resolver: MEMORY\n"))
        #expect(text.contains("    \(scene.accountPair.publicKey): \(try scene.accountToken().text)\n"))
    }

    @Test("In a folder: kept alike by servers, deleted from only where that is wanted")
    func full() throws {
        let text = try text(.full(directory: "/var/lib/nats/jwt", allowsDeletion: true, intervalSeconds: 60))
        #expect(text.contains("type: full"))
        #expect(text.contains("dir: '/var/lib/nats/jwt'"))
        #expect(text.contains("allow_delete: true"))
        #expect(text.contains("interval: \"60s\""))
        #expect(try self.text(.full(directory: "jwt")).contains("allow_delete: false"))
    }

    @Test("A name ends no comment, and a folder no text")
    func injection() throws {
        let evil = "x\nport: 1\r\u{2028}include \"/etc/passwd\""
        let said = try text(.memory) {
            $0.operatorClaims.common.name = evil; $0.accountClaims.common.name = evil
        }
        for line in said.split(whereSeparator: \.isNewline) where line.contains("passwd") || line.contains("port:") {
            #expect(line.trimmedStart.hasPrefix("#"))
        }
        for folder in ["", "a'b", "a\"b", "a\\b", "a\nb"] {
            #expect(fault { _ = try text(.full(directory: folder)) } == .invalidName)
        }
        #expect(fault { _ = try text(.full(directory: "a", intervalSeconds: 0)) } == .invalidLimit)
    }

    @Test("Without the system account's token, or with another operator's account, there is no configuration")
    func missing() throws {
        let other = try Scene()
        func made(_ accounts: [NATSToken], system: NKey? = nil) -> NATSFault.Code? {
            fault {
                _ = try ServerConfiguration(
                    operator: scene.operatorToken(), systemAccount: system, accounts: accounts, resolver: .memory)
            }
        }
        #expect(try made([scene.accountToken()]) == .missingClaim)
        #expect(try made([scene.systemToken(), other.accountToken()]) == .wrongIssuer)
        #expect(
            try made([scene.systemToken(), scene.accountToken()], system: scene.accountPair.publicKey) == .wrongIssuer)
        #expect(try made([scene.systemToken()]) == nil)
    }
}

extension Substring {
    fileprivate var trimmedStart: Substring { drop { $0 == " " } }
}
