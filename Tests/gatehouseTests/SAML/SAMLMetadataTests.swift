import Foundation
import SAML
import Testing
import Vocabulary

@testable import gatehouse

@Suite("Metadata from the command line")
struct SAMLMetadataTests {
    private static let folder = URL(fileURLWithPath: SAMLCorpusTests.manifest).deletingLastPathComponent()

    /// Of the corpus, what is to be read out of metadata.
    private static func cases() throws -> [(id: String, file: String, expected: [[String: Any]])] {
        let data = try Data(contentsOf: URL(fileURLWithPath: SAMLCorpusTests.manifest))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require(manifest["cases"] as? [[String: Any]]).compactMap { item in
            guard item["kind"] as? String == "metadata_parse", let id = item["id"] as? String,
                let file = item["file"] as? String, let expected = item["expect"] as? [[String: Any]]
            else { return nil }
            return (id, file, expected)
        }
    }

    private static func look(
        _ file: String, keys: [SAMLVerificationKey] = [], now: Int64 = 1_700_000_000, days: Int64 = 14
    ) throws -> MetadataLook {
        let bytes = try SAMLFiles.read(folder.appendingPathComponent(file).path)
        return try MetadataLook(bytes, keys: keys, longestDays: days, now: now)
    }

    @Test("Every entity, role, key, endpoint and name format of the corpus is read, in order")
    func corpus() throws {
        let cases = try Self.cases()
        #expect(cases.count == 25)
        for item in cases {
            let entities = try Self.look(item.file).report(only: nil).json["entities"]?.list ?? []
            #expect(
                entities.map { $0["entityID"]?.string } == item.expected.map { $0["entityID"] as? String }, "\(item.id)"
            )
            for (entity, expected) in zip(entities, item.expected) {
                let roles = try #require(expected["roles"] as? [String: [String: Any]])
                #expect(Set((entity["roles"]?.object ?? [:]).keys) == Set(roles.keys), "\(item.id)")
                for (name, role) in roles { Self.compare(entity["roles"]?[name], role, "\(item.id) \(name)") }
            }
        }
    }

    private static func compare(_ found: AttributeValue?, _ expected: [String: Any], _ place: String) {
        func texts(_ value: AttributeValue?) -> [String] { (value?.list ?? []).compactMap(\.string) }
        let keys = expected["keys_sha1"] as? [String: [String]] ?? [:]
        for use in ["signing", "encryption"] {
            #expect(texts(found?["keys_sha1"]?[use]) == keys[use], "\(place) \(use)")
        }
        let endpoints = expected["endpoints"] as? [String: [[String]]] ?? [:]
        #expect(Set((found?["endpoints"]?.object ?? [:]).keys) == Set(endpoints.keys), "\(place)")
        for (kind, pairs) in endpoints {
            #expect((found?["endpoints"]?[kind]?.list ?? []).map(texts) == pairs, "\(place) \(kind)")
        }
        #expect(texts(found?["nameid_formats"]) == expected["nameid_formats"] as? [String], "\(place)")
    }

    @Test("With a key it is judged as a source's: unsigned, signed by another, unbounded, past")
    func judged() throws {
        let keys = try SAMLFiles.verificationKeys(
            Self.folder.appendingPathComponent("python3-saml/certs/afe71c28.pem").path)
        let unsigned = try Self.look("python3-saml/metadata/idp_metadata.xml", keys: keys)
        #expect(unsigned.verdict == .refused([.unsigned, .validUntilMissing]) && !unsigned.isTaken)
        let past = try Self.look("python3-saml/metadata/expired_metadata_settings1.xml", keys: keys)
        #expect(past.verdict == .refused([.unsigned, .expired]))
        // Signed with SHA-1, which nothing here believes.
        let old = try Self.look("python3-saml/metadata/signed_metadata_settings1.xml", keys: keys)
        guard case .refused(let reasons) = old.verdict else { Issue.record("taken"); return }
        #expect(reasons.contains(.signatureInvalid) && old.signature == "refused (SIG_ALG)")
        #expect(try Self.look("python3-saml/metadata/idp_metadata.xml").verdict == nil)
    }

    @Test("What is no metadata is refused with words, and an entity that is not there too")
    func refused() throws {
        for file in [
            "python3-saml/metadata/unparsed_metadata.xml", "python3-saml/metadata/noentity_metadata_settings1.xml",
        ] {
            #expect(throws: CommandRefusal.self) { try Self.look(file) }
        }
        let look = try Self.look("python3-saml/metadata/idp_metadata.xml")
        #expect(throws: CommandRefusal.self) { try look.report(only: "https://none.example") }
        let text = try look.report(only: nil).text
        #expect(text.contains("IDPSSODescriptor") && text.contains("SHA-256") && text.contains("HTTP-Redirect"))
    }
}
