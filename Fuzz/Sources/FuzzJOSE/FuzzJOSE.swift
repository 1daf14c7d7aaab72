import FuzzDriver
import JOSE

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzJOSE_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    guard let reader = try? Reader() else { return 1 }
    return drive(count, arguments) { reader.read($0) }
}

/// Somebody with one key of each kind, who is sent bytes. The first byte says what they are taken for.
struct Reader {
    let keys: JSONWebKeySet
    let secrets: [DecryptionKey]
    let policy = JWTPolicy(issuer: .exactly("i"), audience: .contains("a"), type: .exactly("JWT"), nonce: "n")

    init() throws {
        let signing = try [SigningKey.generate(.es256), .generate(.edDSA), .generate(.rs256)]
        keys = try JSONWebKeySet(signing.map(\.verificationKey))
        let shared = [UInt8](repeating: 7, count: 16)
        secrets = try [
            .generate(.ecdhES, curve: .p256, keyID: "e"), .generate(.ecdhESA128KW, keyID: "x"),
            DecryptionKey(sharedSecret: shared, algorithm: .a128KW, keyID: "w"),
            DecryptionKey(sharedSecret: shared, algorithm: .a128GCMKW, keyID: "g"),
        ]
    }

    func read(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch kind & 7 {
        case 0: json(rest)
        case 1: base64(text)
        case 2: webKeys(rest)
        case 3: signed(text)
        case 4: encrypted(text)
        case 5: signed(Base64URL.encode(rest) + ".e30." + Base64URL.encode([UInt8](repeating: 1, count: 64)))
        case 6: encrypted(Base64URL.encode(rest) + "." + Self.body)
        default: objects(rest)
        }
    }

    private static let body =
        [24, 12, 5, 16].map { Base64URL.encode([UInt8](repeating: 9, count: $0)) }.joined(separator: ".")

    private func json(_ bytes: [UInt8]) {
        guard let object = try? JSONObject(parsing: bytes) else { return }
        let written = object.serialized
        guard let again = try? JSONObject(parsing: written) else { return hold(false, "what we write, we read") }
        hold(again == object && again.serialized == written, "what was read stays as it is")
        _ = try? JWTClaims(object)
        _ = try? JSONWebKey(object)
        _ = try? SigningKey(privateJWK: object, algorithm: .es256)
        _ = try? DecryptionKey(privateJWK: object)
    }

    private func base64(_ text: String) {
        guard let bytes = Base64URL.decode(text) else { return }
        hold(Base64URL.encode(bytes) == text, "bytes have one spelling")
    }

    private func webKeys(_ bytes: [UInt8]) {
        guard let read = try? JSONWebKeySet(parsing: bytes) else { return }
        hold((try? JSONWebKeySet(read.json)) != nil, "what we publish, we read")
        hold(read.json["keys"]?.array?.allSatisfy { $0.object?["d"] == nil } ?? false, "nothing private is published")
    }

    private func signed(_ token: String) {
        hold((try? JWT.verify(token, with: keys, policy: policy, now: 0)) == nil, "nobody else's token is believed")
        if let unverified = try? UnverifiedJWS(compact: token) {
            for key in keys.verificationKeys {
                hold((try? unverified.verified(by: key)) == nil, "no signature was found by chance")
            }
        }
    }

    private func encrypted(_ token: String) {
        guard let unopened = try? UnopenedJWE(compact: token) else { return }
        hold((try? unopened.opened(with: secrets)) == nil, "nothing is opened by chance")
        for key in secrets { hold((try? unopened.opened(with: key)) == nil, "nothing is opened by chance") }
    }

    private func objects(_ bytes: [UInt8]) {
        for token in (try? UnverifiedJWS.parse(json: bytes)) ?? [] {
            hold((try? token.verified(by: keys)) == nil, "nobody else's token is believed")
        }
        for token in (try? UnopenedJWE.parse(json: bytes)) ?? [] {
            hold((try? token.opened(with: secrets)) == nil, "nothing is opened by chance")
        }
    }
}
