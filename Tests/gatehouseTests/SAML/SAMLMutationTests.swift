import Foundation
@_spi(SAMLDebugging) import SAML
import Testing

@testable import gatehouse

@Suite("Changed SAML messages")
struct SAMLMutationTests {
    /// Who somebody is by an assertion; what may not change by changing the message.
    private struct Identity: Equatable {
        let name: VerifiedAssertion.Name?
        let issuer: String
        let session: String?
        let instant: SAMLTime
        let attributes: [VerifiedAssertion.Attribute]

        init(_ assertion: VerifiedAssertion) {
            name = assertion.nameID
            issuer = assertion.issuer
            session = assertion.sessionIndex
            instant = assertion.authnInstant
            attributes = assertion.attributes
        }
    }

    @Test("However the structure of an accepted response is changed, it is refused or says the same")
    func mutations() throws {
        let batch = try SAMLBatch(manifest: SAMLCorpusTests.manifest, policy: .legacy)
        var looked = 0, fewest = Int.max, accepted = 0
        for outcome in try batch.outcomes() where outcome.item.kind == "response" && outcome.verdict == "accept" {
            let honest = Identity(try #require(outcome.finding?.assertion))
            var (inspection, bytes) = try batch.loaded(outcome.item)
            try batch.loadKeys(of: outcome.item, into: &inspection)
            if inspection.encoding == .base64 { bytes = try #require(SAMLBase64.decode(bytes)) }
            inspection.encoding = .xml
            #expect(inspection.look(at: bytes).isAccepted)
            let mutations = XMLMutations(bytes).all()
            looked += mutations.count
            fewest = min(fewest, mutations.count)
            for mutation in mutations {
                guard let assertion = inspection.look(at: mutation.bytes).assertion else { continue }
                accepted += 1
                #expect(Identity(assertion) == honest, "\(outcome.item.id): \(mutation.label)")
            }
        }
        // Changes that mean nothing are let pass: comments, declarations that nobody uses, parts that nobody signed.
        #expect(
            looked > 5_000 && fewest >= 200 && accepted > 0 && accepted < looked / 2,
            "\(looked), \(fewest), \(accepted)")
    }
}
