import SAML
import Testing
import Vocabulary

@testable import Gateway

@Suite("SAML as the file has it") struct SAMLConfigurationTests {
    private static func faults(_ lines: String) -> [ConfigurationFault] {
        do {
            _ = try WrittenFile.read(after: lines)
            return []
        } catch { return (error as? ConfigurationFaults)?.faults ?? [] }
    }

    private static func provider(_ settings: String) throws -> SAMLProviderConfiguration {
        let all = try WrittenFile.read(
            after: "providers: [ { id: corp, type: saml, metadata_file: idp.xml\(settings) } ]")
        guard case .saml(let provider)? = all.providers.first?.kind else { throw Fault("test", .ourselves, "none") }
        return provider
    }

    private static let keys = "keys: [ { key_file: a.key, certificate_file: a.pem } ]"

    @Test("algorithms are forbidden by their addresses, and what is no address of one is told with how to mend it")
    func algorithms() throws {
        #expect(try WrittenFile.read(after: "").saml.algorithms == AlgorithmPolicy())
        let forbidding = try WrittenFile.read(
            after:
                "saml: { forbidden_algorithms: [\"\(Algorithm.rsaSHA256)\", \"\(Algorithm.sha1)\", \"\(Algorithm.oaepMGF1)\"] }"
        )
        #expect(forbidding.saml.algorithms.forbidden == [Algorithm.rsaSHA256, Algorithm.sha1, Algorithm.oaepMGF1])
        #expect(forbidding.saml.algorithms.keyTransports == [Algorithm.oaep11])
        let unknown = Self.faults("saml: { forbidden_algorithms: [rsa-sha256] }")
        #expect(unknown.map(\.key) == ["saml.forbidden_algorithms"] && unknown.first?.line == 6)
        #expect(unknown.first?.message.contains("`rsa-sha256` is no algorithm's address") == true)
        #expect(unknown.first?.message.contains("write it as messages do, such as http://") == true)
        let none = Self.faults(
            "saml: { forbidden_algorithms: [\"\(Algorithm.aes128GCM)\", \"\(Algorithm.aes256GCM)\"] }")
        #expect(none.map(\.key) == ["saml.forbidden_algorithms"])
        #expect(none.first?.message.contains("leave one of each") == true)
    }

    @Test("several factors are asked for where their contexts are named, unless it is said otherwise")
    func factors() throws {
        let usual = try Self.provider("")
        #expect(usual.multiFactorContexts == [AuthnContextClass.multiFactor] && usual.askedFactorContexts == [])
        #expect(usual.sendsScoping && usual.passedContexts == [])
        let named = try Self.provider(", second_factor_contexts: [\"urn:b\", \"urn:a\"]")
        #expect(named.askedFactorContexts == ["urn:b", "urn:a"] && named.multiFactorContexts == ["urn:a", "urn:b"])
        let silent = try Self.provider(", second_factor_contexts: [\"urn:b\"], ask_second_factor: false")
        #expect(silent.askedFactorContexts == [] && silent.multiFactorContexts == ["urn:b"])
        #expect(try Self.provider(", ask_second_factor: true").askedFactorContexts == [AuthnContextClass.multiFactor])
        let passing = try Self.provider(", pass_on_contexts: [\"urn:c\"], send_scoping: false")
        #expect(passing.passedContexts == ["urn:c"] && !passing.sendsScoping)
    }

    // SDP-SP09, SDP-IDP03: every address in our metadata begins with one of these.
    @Test("what others are told of us is under TLS, but on the own machine")
    func underTLS() {
        func faults(_ own: String, _ tenants: String) -> [String] {
            let text = """
                version: 1
                server: { listen: 127.0.0.1:8443, public_url: \(own) }
                storage: { directory: data }
                keys: { master_key_file: master.key }
                tenants: \(tenants)

                """
            do {
                _ = try ConfigurationLoader.parse(text, file: "f", folder: "/etc", environment: [:])
                return []
            } catch { return ((error as? ConfigurationFaults)?.faults ?? []).map(\.key) }
        }
        #expect(faults("https://gate.example.org", "[{ slug: main }]") == [])
        #expect(faults("http://gate.localhost:8080", "[{ slug: main }]") == [])
        for open in [
            "http://gate.example.org", "http://10.0.0.1", "http://localhost.example.org", "HTTP://gate.example.org",
        ] {
            #expect(faults(open, "[{ slug: main }]").contains("server.public_url"), "\(open)")
            let tenants = "[{ slug: main }, { slug: other, public_url: \"\(open)\" }]"
            #expect(faults("https://gate.example.org", tenants) == ["tenants[1].public_url"], "\(open)")
        }
    }

    @Test("what has to be signed needs a key to sign with")
    func keys() {
        let provider = "{ id: corp, type: saml, metadata_file: idp.xml, answer_binding: artifact, sign_requests: true }"
        let found = Self.faults("providers:\n  - \(provider)\n")
        #expect(found.map(\.key) == ["providers[0].answer_binding", "providers[0].sign_requests"])
        #expect(found.first?.message.contains("`saml.keys`") == true)
        #expect(Self.faults("providers:\n  - \(provider)\nsaml: { \(Self.keys) }\n") == [])
    }
}
