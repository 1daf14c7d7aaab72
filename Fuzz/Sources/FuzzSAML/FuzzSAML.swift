import FuzzDriver
import SAML

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzSAML_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    guard let reader = try? Reader() else { return 1 }
    return drive(count, arguments) { reader.read($0) }
}

/// A service that is sent bytes, with a key whose private half nobody has. The first byte says what they are taken for.
struct Reader {
    private let key: SAMLVerificationKey
    private let expectation: ResponseExpectation

    init() throws {
        key = try SAMLVerificationKey(pem: Self.publicKey)
        expectation = ResponseExpectation(
            issuer: "i", keys: [key], audience: "a", recipient: "r", request: .answers("_q"), now: SAMLTime(seconds: 0))
    }

    func read(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch kind & 7 {
        case 0, 1: document(rest)
        case 2: judge(rest)
        case 3: judge(Self.framed(rest, at: 0))
        case 4: judge(Self.framed(rest, at: 1))
        case 5: judge(Self.framed(rest, at: 2))
        case 6: query(String(decoding: rest, as: UTF8.self))
        default: values(rest)
        }
    }

    private func document(_ bytes: [UInt8]) {
        guard let read = try? XMLReader.parse(bytes) else { return }
        // Names outside ASCII are read and not written.
        guard let written = try? XMLWriter.bytes(of: read) else { return }
        guard let again = try? XMLReader.parse(written, limits: .metadata) else { return }
        hold(again == read, "what was read stays as it is")
    }

    private func judge(_ bytes: [UInt8]) {
        hold(UnverifiedResponse(bytes).judged(by: expectation).verified == nil, "no signature was found by chance")
        hold((try? SAMLSignatures.verify(bytes, keys: [key])) == nil, "no signature was found by chance")
    }

    private func query(_ text: String) {
        guard let read = try? SignedQuery(text) else { return }
        hold((try? read.verify(keys: [key])) == nil, "no signature was found by chance")
    }

    private func values(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = SAMLBase64.decode(bytes) {
            hold(SAMLBase64.decode(SAMLBase64.encode(decoded)) == decoded, "bytes are encoded and decoded")
        }
        if let time = SAMLTime(text) { hold(SAMLTime(time.description) == time, "a time is written as it was read") }
        _ = try? SAMLVerificationKey(certificate: bytes)
        _ = try? SAMLVerificationKey(publicKey: bytes)
        _ = try? SAMLVerificationKey(pem: text)
    }

    /// A response of the right form, whose signature nobody made, with bytes in one of three places of it.
    private static func framed(_ bytes: [UInt8], at place: Int) -> [UInt8] {
        var made: [UInt8] = []
        for (index, part) in parts.enumerated() {
            made += Array(part.utf8)
            if index == place { made += bytes }
        }
        return made
    }

    private static let ds = "http://www.w3.org/2000/09/xmldsig#"
    private static let more = "http://www.w3.org/2001/04/xmldsig-more#"
    private static let c14n = "http://www.w3.org/2001/10/xml-exc-c14n#"

    /// The signature's own inside, what is signed, and what is beside it.
    private static let parts = [
        """
        <p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" \
        ID="_r" Version="2.0"><a:Issuer>i</a:Issuer><d:Signature xmlns:d="\(ds)"><d:SignedInfo>\
        <d:CanonicalizationMethod Algorithm="\(c14n)"/><d:SignatureMethod Algorithm="\(more)ecdsa-sha256"/>\
        <d:Reference URI="#_r"><d:Transforms><d:Transform Algorithm="\(ds)enveloped-signature"/>\
        <d:Transform Algorithm="\(c14n)"/></d:Transforms><d:DigestMethod \
        Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>\
        47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</d:DigestValue></d:Reference></d:SignedInfo>
        """,
        """
        <d:SignatureValue>AAAA</d:SignatureValue></d:Signature><p:Status>\
        <p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status>
        """,
        "<a:Assertion ID=\"_a\" Version=\"2.0\"/>", "</p:Response>",
    ]

    private static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESkN554C2SsuClyEOkPUbYiOUbxxp
        LjUv9Rx9b/PwjjcXgORKQWD6AJnLXUJWFMxPrOSOz7Nvsw7cRdfze3fptA==
        -----END PUBLIC KEY-----
        """
}
