import Testing

@testable import JOSE

@Suite("The JSON form of signed tokens")
struct JSONFormTests {
    private static let key = Result { try SigningKey.generate(.es256, keyID: "k") }

    /// A sound token in the flattened form.
    private func flattened() throws -> JSONObject {
        let parts = try JWS.sign([1, 2], with: Self.key.get()).split(separator: ".").map(String.init)
        return ["payload": .string(parts[1]), "protected": .string(parts[0]), "signature": .string(parts[2])]
    }

    private func entry() throws -> JSONObject { try flattened().with(["payload": nil]) }

    private func general(_ count: Int) throws -> JSONObject {
        let entries = try (0..<count).map { _ in JSONValue.object(try entry()) }
        return ["payload": try flattened()["payload"] ?? nil, "signatures": .array(entries)]
    }

    @Test("Both forms are read, up to eight signatures, and members nobody knows are read over")
    func sound() throws {
        let keys = try JSONWebKeySet([Self.key.get().verificationKey])
        for json in [try flattened(), try general(1), try general(8), try flattened().with(["note": "x"])] {
            for token in try UnverifiedJWS.parse(json: json.serialized) {
                #expect(try token.verified(by: keys).payload == [1, 2])
            }
        }
        #expect(try UnverifiedJWS.parse(json: general(8).serialized).count == 8)
        #expect(throws: JOSEError(.tooLarge)) { try UnverifiedJWS.parse(json: general(9).serialized) }
    }

    @Test("What is of neither form, or of both, is refused")
    func malformed() throws {
        let entry = JSONValue.object(try entry())
        for changes: KeyValuePairs<String, JSONValue?> in [
            ["payload": nil], ["payload": 1], ["signature": nil], ["signature": 1], ["protected": ""],
            ["protected": 1], ["header": "x"], ["header": [1]], ["signatures": [entry]], ["signatures": []],
            ["signatures": "x"],
        ] {
            let json = try flattened().with(changes).serialized
            #expect(throws: JOSEError(.malformedToken), "\(changes)") { try UnverifiedJWS.parse(json: json) }
        }
        for changes: KeyValuePairs<String, JSONValue?> in [
            ["signatures": []], ["signatures": [1]], ["signatures": [entry, [:]]], ["signature": "AA"],
            ["protected": "AA"], ["header": [:]],
        ] {
            let json = try general(2).with(changes).serialized
            #expect(throws: JOSEError(.malformedToken), "\(changes)") { try UnverifiedJWS.parse(json: json) }
        }
        for text in ["", "[]", "\"x\"", "{", "{\"payload\":\"\",\"payload\":\"\"}"] {
            #expect(throws: JOSEError(.malformedJSON)) { try UnverifiedJWS.parse(json: Array(text.utf8)) }
        }
    }

    @Test("Nothing outside the signature takes the place of what is inside, or asks for an extension")
    func headers() throws {
        let outside: [JSONObject] = [
            ["alg": "none"], ["alg": "ES256"], ["kid": "other"], ["crit": ["b64"]], ["crit": ["x"], "x": 1],
            ["b64": false], ["typ": 1],
        ]
        for header in outside {
            let json = try flattened().with(["header": .object(header)]).serialized
            #expect(throws: JOSEError(.malformedHeader), "\(header)") { try UnverifiedJWS.parse(json: json) }
        }
        // `typ` from outside says nothing of what was signed.
        let json = try flattened().with(["header": ["typ": "at+jwt"]]).serialized
        let token = try UnverifiedJWS.parse(json: json)[0]
        let verified = try token.verified(by: Self.key.get().verificationKey)
        #expect(verified.header.hasType("at+jwt") && !verified.header.protectedNames.contains("typ"))
        let policy = JWTPolicy(issuer: .unchecked, audience: .unchecked, type: .exactly("at+jwt"), requiredClaims: [])
        #expect(throws: JOSEError(.wrongType)) { try policy.check(verified.header, JWTClaims([:]), now: 0) }
    }
}
