import Foundation
import HTTPTypes
import SAML
import Testing
import Vocabulary

// Whoever keeps an encrypted answer may send changed ones, as often as they like, and learn from what comes back.
@Suite("What cannot be decrypted is answered alike, whatever was wrong with it", .timeLimit(.minutes(3)))
struct SAMLOracleTests {
    /// What came back.
    private struct Answer: Hashable {
        let status: Int
        let page: String
    }

    @Test("a thousand changed ciphertexts, in the key and in the content, have one status, one page and one reason")
    func oneAnswer() async throws {
        let own = try await MockKeyPair.make()
        let stage = try await SAMLStage.open(own: own)
        stage.idp.lies.encryptsFor = try SAMLVerificationKey(pem: own.certificate)
        let rounds = 1_000
        try await stage.running.serve { api in
            var pages: [Answer: Int] = [:]
            for round in 0..<rounds {
                let web = WebPerson(api.client)
                // The journal folds what one source is refused.
                web.address = "198.51.\(100 + round / 200).\(1 + round % 200)"
                stage.idp.lies.message = { Self.changed($0, round) }
                try await web.post(try stage.idp.answer(try await web.depart(to: "corp")))
                #expect(!web.isAtAccount)
                // What the page carries for its form is drawn anew each time, whatever came.
                let page = web.page.replacing(/[A-Za-z0-9_-]{32,}(\.[A-Za-z0-9_-]+)*/, with: "drawn")
                pages[Answer(status: web.status, page: page), default: 0] += 1
            }
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused&limit=200")
            let reasons = Set(events.body?["items"]?.list?.compactMap { $0["facts"]?["upstream_reason"] } ?? [])
            #expect(reasons == [.string("saml.decrypt")])
            #expect(
                pages.count == 1 && pages.values.reduce(0, +) == rounds,
                "\(pages.count) different answers: \(pages.keys.prefix(2).map(\.page))")
            #expect(stage.sessions == 0)
        }
    }

    /// Another byte somewhere in the wrapped key, or in the content: its vector, its text, its tag; or an end cut off.
    private static func changed(_ message: [UInt8], _ round: Int) -> [UInt8] {
        let text = String(decoding: message, as: UTF8.self)
        let values = text.ranges(of: /<xenc:CipherValue>([^<]*)<\/xenc:CipherValue>/)
        guard values.count == 2 else { return [] }
        // The key stands in the KeyInfo, before the content.
        let range = values[round % 2]
        let inner = text[range].dropFirst("<xenc:CipherValue>".count).dropLast("</xenc:CipherValue>".count)
        var bytes = SAMLBase64.decode(String(inner)) ?? []
        if round % 10 > 7 {
            bytes.removeLast(1 + round % 64)
        } else {
            bytes[round * 7_919 % bytes.count] ^= UInt8(1 + round % 255)
        }
        let whole = "<xenc:CipherValue>\(SAMLBase64.encode(bytes))</xenc:CipherValue>"
        return Array(text.replacingCharacters(in: range, with: whole).utf8)
    }
}
