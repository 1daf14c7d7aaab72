import Foundation
import JOSE
import NKeys
import Testing

@Suite("Credentials as files")
struct LayoutTests {
    private let scene: Scene
    private let user: Credentials
    private let signer: NKeyPair
    private let tree: CredentialTree

    init() throws {
        var scene = try Scene()
        signer = try .generate(.account)
        scene.accountClaims.signingKeys = [.plain(signer.publicKey)]
        user = try scene.user(name: "person-service", by: signer)
        self.scene = scene
        tree = CredentialTree(
            operator: try scene.operatorToken(), keys: [scene.operatorPair],
            accounts: [.init(try scene.accountToken(), keys: [scene.accountPair, signer], users: [user])])
    }

    private func modes(_ plan: FilePlan) -> [String: UInt32] {
        Dictionary(uniqueKeysWithValues: plan.files.map { ($0.path, $0.mode.rawValue) })
    }

    @Test("S2-04 S2-05 S2-06 S2-07 The store has tokens by name, credentials with their account, and seeds apart")
    func store() throws {
        let plan = try tree.storePlan()
        let keys = [scene.operatorPair, scene.accountPair, signer].map { "stores/acme/keys/\($0.publicKey).nk" }
        var expected: [String: UInt32] = [
            "stores/acme/acme.jwt": 0o644, "stores/acme/accounts/core/core.jwt": 0o644,
            "stores/acme/accounts/core/users/person-service.creds": 0o400, "stores/acme/manifest.json": 0o600,
        ]
        for key in keys { expected[key] = 0o400 }
        #expect(modes(plan) == expected)
        #expect(plan.files.map(\.path) == plan.files.map(\.path).sorted())
        #expect(plan["stores/acme/acme.jwt"]?.content.text == tree.operator.text)
        #expect(plan[keys[2]]?.content.text == signer.seed().text)
        let held = try #require(plan["stores/acme/accounts/core/users/person-service.creds"])
        #expect(try Credentials(parsing: held.content, .user).token == user.token)
    }

    @Test("S2-33 The store's manifest tells operator, accounts and users, and nothing secret")
    func storeManifest() throws {
        let plan = try tree.storePlan()
        let text = try #require(plan["stores/acme/manifest.json"]?.content.text)
        let said = try JSONObject(parsing: Array(text.utf8))
        #expect(said["operator"]?.object?["name"] == "acme")
        #expect(said["operator"]?.object?["public_key"]?.text == scene.operatorPair.publicKey.text)
        let account = said["accounts"]?.array?.first?.object
        #expect(account?["name"] == "core")
        #expect(account?["path"] == "accounts/core/core.jwt")
        let person = said["users"]?.array?.first?.object
        #expect(person?["account"] == "core")
        #expect(person?["path"] == "accounts/core/users/person-service.creds")
        for pair in [scene.operatorPair, scene.accountPair, signer, user.pair] {
            #expect(!text.contains(pair.seed().text))
        }
    }

    @Test("The tool's folders have tokens, keys by two letters and credentials beside them")
    func tool() throws {
        let plan = try tree.toolPlan()
        var expected: Set = [
            "stores/acme/.nsc", "stores/acme/acme.jwt", "stores/acme/accounts/core/core.jwt",
            "stores/acme/accounts/core/users/person-service.jwt", "keys/.gitignore",
            "keys/creds/acme/core/person-service.creds",
        ]
        for pair in [scene.operatorPair, scene.accountPair, signer, user.pair] {
            let text = pair.publicKey.text
            expected.insert("keys/keys/\(text.prefix(1))/\(text.dropFirst().prefix(2))/\(text).nk")
        }
        #expect(Set(plan.files.map(\.path)) == expected)
        #expect(plan.files.allSatisfy { $0.mode == .ownerWrites })
        #expect(
            plan["stores/acme/.nsc"]?.content.text
                == #"{"kind":"operator","managed":false,"name":"acme","version":"1"}"#)
        #expect(plan["stores/acme/accounts/core/users/person-service.jwt"]?.content.text == user.token.text)
    }

    @Test("S2-32 The flat folder has its manifest, keys, certificates and credentials where they always were")
    func flat() throws {
        let export = FlatLayout.Export(
            manifestID: "m-1", organizationID: "o-1", organizationName: "Acme \"Inc\"",
            timestamp: "2026-11-22T06:00:00Z",
            eventsCount: 7, correlationID: "c-1")
        let key = FlatLayout.Item(
            id: "k-1", label: "root", fileName: "public.pem", format: "Pem", content: SecretOctets("PEM"))
        let certificate = FlatLayout.Item(
            id: "z-1", label: "CN=a", fileName: "cert.pem", format: "Pem", content: SecretOctets("CERT"))
        let plan = try FlatLayout(
            export, keys: [key], certificates: [certificate],
            identities: [
                .init(id: "u-1", user), .init(id: "a-1", Credentials(scene.accountToken(), scene.accountPair)),
            ]
        ).plan()
        #expect(
            modes(plan) == [
                "manifest.json": 0o600, "keys/k-1/public.pem": 0o600, "certificates/z-1/cert.pem": 0o644,
                "nats/u-1.creds": 0o400, "nats/a-1.creds": 0o400,
            ])
        #expect(plan["nats/u-1.creds"]?.content.text == user.text().text)
        #expect(
            plan["manifest.json"]?.content.text == """
                {"manifest_id":"m-1","organization_id":"o-1","organization_name":"Acme \\"Inc\\"",\
                "export_timestamp":"2026-11-22T06:00:00Z",\
                "keys":[{"key_id":"k-1","purpose":"root","path":"keys/k-1/public.pem","format":"Pem"}],\
                "certificates":[{"cert_id":"z-1","subject":"CN=a","path":"certificates/z-1/cert.pem","format":"Pem"}],\
                "nats_configs":[{"identity_id":"u-1","identity_type":"user","identity_name":"person-service",\
                "path":"nats/u-1.creds"},{"identity_id":"a-1","identity_type":"account","identity_name":"core",\
                "path":"nats/a-1.creds"}],"events_count":7,"correlation_id":"c-1"}

                """)
    }

    @Test(
        "A name never leads out of the folder, hides, or ends a line",
        arguments: [
            "", ".", "..", "../x", "a/b", "/etc", "a\\b", ".hidden", "a\u{0}b", "a\nb", " a", "a ", "c:d", "a\u{202e}b",
            String(repeating: "a", count: 250),
        ])
    func names(name: String) throws {
        let bad = try scene.user(name: name, by: signer)
        let account = CredentialTree.Account(try scene.accountToken(), users: [bad])
        let tree = CredentialTree(operator: try scene.operatorToken(), accounts: [account])
        // The store puts an ending behind a name, so that an empty one hides and one of dots is a file.
        let codes = [fault { _ = try tree.storePlan() }, fault { _ = try tree.toolPlan() }]
        #expect(codes == [.invalidName, .invalidName])
        let export = FlatLayout.Export(
            manifestID: "", organizationID: "", organizationName: "", timestamp: "", eventsCount: 0, correlationID: "")
        #expect(fault { _ = try FlatLayout(export, identities: [.init(id: name, user)]).plan() } == .invalidName)
    }

    @Test("Two files are never one, not even where capitals do not count")
    func duplicates() throws {
        let users = try ["twin", "Twin"].map { try scene.user(name: $0, by: signer) }
        let tree = CredentialTree(
            operator: try scene.operatorToken(), accounts: [.init(try scene.accountToken(), users: users)])
        #expect(fault { _ = try tree.storePlan() } == .duplicateFile)
    }

    @Test("What belongs to others is not put into a tree")
    func foreign() throws {
        let other = try Scene()
        let stray = CredentialTree(operator: try scene.operatorToken(), accounts: [.init(try other.accountToken())])
        #expect(fault { _ = try stray.storePlan() } == .wrongIssuer)
        let lost = CredentialTree(
            operator: try scene.operatorToken(), accounts: [.init(try scene.accountToken(), users: [try other.user()])])
        #expect(fault { _ = try lost.toolPlan() } == .wrongIssuer)
        let swapped = CredentialTree(operator: try scene.accountToken())
        #expect(fault { _ = try swapped.toolPlan() } == .unsupportedType)
    }
}
