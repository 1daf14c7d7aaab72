import Testing

@testable import JOSE

@Suite("The JSON form of encrypted tokens")
struct EncryptedJSONFormTests {
    private static let key = Result { try DecryptionKey.generate(.ecdhESA256KW, keyID: "k") }

    /// A sound token in the flattened form.
    private func flattened() throws -> JSONObject {
        let parts = try JWE.encrypt([1, 2], for: Self.key.get().encryptionKey()).split(separator: ".").map(String.init)
        return [
            "protected": .string(parts[0]), "encrypted_key": .string(parts[1]), "iv": .string(parts[2]),
            "ciphertext": .string(parts[3]), "tag": .string(parts[4]),
        ]
    }

    private func general(_ count: Int) throws -> JSONObject {
        let json = try flattened()
        let recipient: JSONValue = ["encrypted_key": json["encrypted_key"] ?? nil]
        return json.with(["encrypted_key": nil, "recipients": .array(Array(repeating: recipient, count: count))])
    }

    @Test("Both forms are opened, up to eight recipients, and additional data counts")
    func sound() throws {
        let key = try Self.key.get()
        for json in [try flattened(), try general(1), try general(8)] {
            let contents = try UnopenedJWE.parse(json: json.serialized).map { try $0.opened(with: key).plaintext }
            #expect(contents.allSatisfy { $0 == [1, 2] } && !contents.isEmpty)
        }
        #expect(throws: JOSEError(.tooLarge)) { try UnopenedJWE.parse(json: general(9).serialized) }
        for data in ["", "AAAA"] {
            let token = try UnopenedJWE.parse(json: flattened().with(["aad": .string(data)]).serialized)[0]
            #expect(throws: JOSEError(.decryptionFailed)) { try token.opened(with: key) }
        }
    }

    @Test("What is of neither form, or of both, is refused")
    func malformed() throws {
        let wrong: [(KeyValuePairs<String, JSONValue?>, JOSEError.Reason)] = [
            (["protected": 1], .malformedToken), (["protected": nil], .malformedHeader),
            (["unprotected": "x"], .malformedToken), (["header": 1], .malformedToken),
            (["encrypted_key": 1], .malformedToken), (["encrypted_key": nil], .malformedToken),
            (["iv": nil], .malformedToken), (["tag": nil], .malformedToken), (["ciphertext": 1], .malformedToken),
            (["aad": "A"], .malformedBase64URL), (["aad": 1], .malformedToken),
            (["recipients": []], .malformedToken), (["recipients": [[:]]], .malformedToken),
            (["header": ["alg": "dir"]], .malformedHeader), (["unprotected": ["enc": "A128GCM"]], .malformedHeader),
            (["unprotected": ["x": 1], "header": ["x": 1]], .malformedHeader),
            (["header": ["zip": "DEF"]], .compressionRefused), (["unprotected": ["zip": "DEF"]], .compressionRefused),
            (["header": ["crit": ["x"], "x": 1]], .malformedHeader),
        ]
        for (changes, reason) in wrong {
            let json = try flattened().with(changes).serialized
            #expect(throws: JOSEError(reason), "\(changes)") { try UnopenedJWE.parse(json: json) }
        }
        for recipients: JSONValue in [[], "x", [1], [[:]]] {
            let json = try general(1).with(["recipients": recipients]).serialized
            #expect(throws: JOSEError(.malformedToken), "\(recipients)") { try UnopenedJWE.parse(json: json) }
        }
    }
}
