import Foundation
import Testing

@testable import SAML

@Suite("Bindings") struct BindingTests {
    private static let message = Array(
        ("<samlp:AuthnRequest ID=\"_1\">" + String(repeating: "abcdefgh ", count: 40) + "</samlp:AuthnRequest>").utf8)

    @Test("What is deflated here is inflated here and by zlib, and the other way round")
    func deflate() throws {
        var samples: [[UInt8]] = [[], [0], Array("aaa".utf8), Self.message, [UInt8](repeating: 65, count: 300)]
        var seed: UInt64 = 88_172_645_463_325_252
        for length in [1, 7, 258, 259, 5_000, 40_000] {
            samples.append(
                (0..<length).map { _ in
                    seed ^= seed << 13
                    seed ^= seed >> 7
                    seed ^= seed << 17
                    return UInt8(truncatingIfNeeded: length > 1_000 ? seed % 7 : seed)
                })
        }
        for sample in samples where sample.count < 400_000 {
            let packed = Deflate.bytes(sample)
            #expect(try Inflate.bytes(packed) == sample)
            #expect(try Self.zlib("decompress(bytes.fromhex(text), -15)", packed) == sample)
            for level in [0, 1, 9] {
                let theirs = try Self.zlib("compressobj(\(level), 8, -15)", sample, isObject: true)
                #expect(try Inflate.bytes(theirs) == sample)
            }
        }
        #expect(Deflate.bytes(Self.message).count < Self.message.count / 3)
    }

    private static func zlib(_ call: String, _ bytes: [UInt8], isObject: Bool = false) throws -> [UInt8] {
        let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let script = """
            import sys, zlib
            text = sys.argv[1] if len(sys.argv) > 1 else ""
            \(isObject ? "z = zlib.\(call); out = z.compress(bytes.fromhex(text)) + z.flush()" : "out = zlib.\(call)")
            print(out.hex())
            """
        let said = Tool.run("python3", ["-c", script, text]).output.trimmingXMLSpace()
        return stride(from: 0, to: said.utf8.count - 1, by: 2).compactMap {
            UInt8(said.dropFirst($0).prefix(2), radix: 16)
        }
    }

    @Test("A bomb, a message one octet too long, trailing octets, and nonsense are refused")
    func inflateBounds() throws {
        let most = [UInt8](repeating: 65, count: 4_096)
        #expect(try Inflate.bytes(Deflate.bytes(most)) == most)
        #expect(fault { _ = try Inflate.bytes(Deflate.bytes(most + [65])) } == .tooLarge)
        // Within the ratio, one past the length.
        let noise = (0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        #expect(fault { _ = try Inflate.bytes(Deflate.bytes(noise), limit: 2_999) } == .tooLarge)
        #expect(fault { _ = try Inflate.bytes(Deflate.bytes(noise), limit: 3_000) } == nil)
        #expect(fault { _ = try Inflate.bytes(Deflate.bytes(noise) + [0]) } == .malformed)
        for bad: [UInt8] in [[], [7], [6], [1, 0, 0, 0, 0], [0x78, 0x9C, 3, 0, 0, 0, 0, 1], [5, 0xFF, 0xFF]] {
            #expect(fault { _ = try Inflate.bytes(bad) } == .malformed, "\(bad)")
        }
        let packed = Deflate.bytes(Self.message)
        for length in 0..<packed.count { #expect(fault { _ = try Inflate.bytes(Array(packed.prefix(length))) } != nil) }
    }

    @Test("A redirection is signed over exactly what goes out, and verified over exactly what came")
    func redirect() throws {
        let state = try #require(RelayState("a b/ü+%"))
        let key = TestKey.provider
        let out = RedirectBinding.Outgoing(
            Self.message, kind: .request, relayState: state, signatureAlgorithm: Algorithm.rsaSHA256)
        let signature = try key.signing.signature(over: Array(out.octets.utf8))
        let address = try out.address(at: "https://idp.example/sso?x=1", signature: signature)
        #expect(address.hasPrefix("https://idp.example/sso?x=1&SAMLRequest="))
        let query = String(address.split(separator: "?", maxSplits: 1)[1])
        let read = try RedirectBinding.read(query: query)
        #expect(read.kind == .request && read.message == Self.message && read.relayState == state)
        #expect(read.isSigned && read.query.algorithm == Algorithm.rsaSHA256)
        #expect(reason { try read.query.verify(keys: [key.verification]) } == nil)
        #expect(reason { try read.query.verify(keys: [TestKey.stranger.verification]) } == .signatureInvalid)
        // Escaped otherwise it is another query, and says the same unsigned.
        let lower = try RedirectBinding.read(query: query.replacing("%2B", with: "%2b").replacing("%2F", with: "%2f"))
        #expect(
            lower.message == Self.message
                && reason { try lower.query.verify(keys: [key.verification]) } == .signatureInvalid)
        let unsigned = RedirectBinding.Outgoing(Self.message, kind: .response, relayState: nil, signatureAlgorithm: nil)
        let plain = try unsigned.address(at: "https://sp.example/slo")
        #expect(plain.hasPrefix("https://sp.example/slo?SAMLResponse="))
        #expect(fault { _ = try unsigned.address(at: "https://x.example", signature: [1]) } == .binding)
        #expect(fault { _ = try out.address(at: "https://x.example") } == .binding)
    }

    @Test("What a query may not be")
    func wrongQueries() {
        let packed = PercentCoding.encode(SAMLBase64.encode(Deflate.bytes(Self.message)))
        func code(_ query: String) -> MessageFault.Code? { fault { _ = try RedirectBinding.read(query: query) } }
        #expect(code("SAMLRequest=\(packed)") == nil)
        #expect(code("SAMLRequest=\(packed)&SAMLResponse=\(packed)") == .binding)
        #expect(code("SAMLRequest=\(packed)&SAMLRequest=\(packed)") == .binding)
        #expect(code("SAMLRequest=\(packed)&SAML%52equest=\(packed)") == .binding)
        #expect(code("SAML%52equest=\(packed)") == .binding)
        #expect(code("x=1") == .binding && code("") == .binding)
        #expect(code("SAMLRequest=\(packed)&RelayState=a&RelayState=a") == .binding)
        #expect(code("SAMLRequest=\(packed)&RelayState=\(String(repeating: "a", count: 81))") == .binding)
        #expect(code("SAMLRequest=\(packed)&RelayState=\(String(repeating: "a", count: 80))") == nil)
        #expect(
            code("SAMLRequest=\(packed)&SigAlg=x") == .binding
                && code("SAMLRequest=\(packed)&Signature=AQID") == .binding)
        #expect(code("SAMLRequest=\(packed)&SigAlg=x&Signature=AQI") == .binding)
        #expect(
            code("SAMLRequest=%zz") == .binding && code("SAMLRequest=@@@") == .malformed
                && code("SAMLRequest=") == .malformed)
        #expect(code("SAMLRequest=" + String(repeating: "A", count: 400_001)) == .binding)
    }

    @Test("A form has one message, its values as they are for a page to escape")
    func post() throws {
        let state = RelayState("\"><script>")
        let form = PostBinding.Form(Self.message, kind: .response, relayState: state, at: Federation.consumer)
        #expect(form.address == Federation.consumer && form.fields.map(\.name) == ["SAMLResponse", "RelayState"])
        let fields = form.fields.map { (name: $0.name, value: $0.value) }
        let read = try PostBinding.read(fields)
        #expect(read.message == Self.message && read.kind == .response && read.relayState == state)
        #expect(fault { _ = try PostBinding.read(fields + [fields[0]]) } == .binding)
        #expect(fault { _ = try PostBinding.read(fields + [fields[1]]) } == .binding)
        #expect(fault { _ = try PostBinding.read(fields + [("SAMLRequest", fields[0].value)]) } == .binding)
        #expect(fault { _ = try PostBinding.read([("RelayState", "x")]) } == .binding)
        #expect(fault { _ = try PostBinding.read([("SAMLResponse", "a-_b")]) } == .malformed)
        let most = [UInt8](repeating: 65, count: Inflate.byteLimit)
        #expect(fault { _ = try PostBinding.read([("SAMLResponse", SAMLBase64.encode(most))]) } == nil)
        #expect(fault { _ = try PostBinding.read([("SAMLResponse", SAMLBase64.encode(most + [65]))]) } == .tooLarge)
    }

    @Test("Artifacts of type 4 name their issuer and its place")
    func artifact() throws {
        let handle = (0..<20).map { UInt8($0) }
        let artifact = try #require(Artifact(issuer: Federation.provider, endpointIndex: 3, handle: handle))
        #expect(try Artifact(reading: artifact.text) == artifact)
        let role = try #require(Federation.identityProvider().identityProviders.first?.role)
        #expect(try artifact.resolutionPlace(issuer: Federation.provider, role: role).location.hasSuffix("/art"))
        #expect(fault { _ = try artifact.resolutionPlace(issuer: Federation.service, role: role) } == .artifact)
        let other = try #require(Artifact(issuer: Federation.provider, endpointIndex: 4, handle: handle))
        #expect(fault { _ = try other.resolutionPlace(issuer: Federation.provider, role: role) } == .artifact)
        #expect(Artifact(issuer: "i", endpointIndex: 65_536, handle: handle) == nil)
        #expect(Artifact(issuer: "i", endpointIndex: 0, handle: handle + [0]) == nil)
        for bad in [
            "", "AAQ=", SAMLBase64.encode([0, 3] + [UInt8](repeating: 0, count: 42)), String(repeating: "A", count: 65),
        ] {
            #expect(fault { _ = try Artifact(reading: bad) } == .artifact, "\(bad)")
        }
    }

    @Test("An artifact in an address is read as it was written, once, and beside no message")
    func artifactBinding() throws {
        let handle = (0..<20).map { UInt8(200 + $0) }
        let artifact = try #require(Artifact(issuer: Federation.provider, endpointIndex: 3, handle: handle))
        let state = try #require(RelayState("a&b=c d"))
        for location in ["https://sp.example/acs", "https://sp.example/acs?x=1"] {
            let address = ArtifactBinding.address(artifact, relayState: state, at: location)
            #expect(address.hasPrefix(location + (location.contains("?") ? "&" : "?") + "SAMLart="))
            let fields = (URLComponents(string: address)?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
            let read = try #require(try ArtifactBinding.read(fields))
            #expect(read.artifact == artifact && read.text == artifact.text && read.relayState == state)
            #expect(fault { _ = try ArtifactBinding.read(fields + [("SAMLart", artifact.text)]) } == .binding)
            #expect(fault { _ = try ArtifactBinding.read(fields + [("RelayState", "x")]) } == .binding)
            #expect(fault { _ = try ArtifactBinding.read(fields + [("SAMLResponse", "x")]) } == .binding)
            #expect(fault { _ = try ArtifactBinding.read(fields + [("SAMLRequest", "x")]) } == .binding)
        }
        #expect(try ArtifactBinding.read([("SAMLResponse", "x")]) == nil)
        #expect(fault { _ = try ArtifactBinding.read([("SAMLart", "x")]) } == .artifact)
        #expect(!ArtifactBinding.address(artifact, relayState: nil, at: "https://sp.example").contains("RelayState"))
    }

    @Test("RelayState is 80 octets and not one more, and holds no control characters")
    func relayState() {
        #expect(
            RelayState(String(repeating: "ä", count: 40)) != nil && RelayState(String(repeating: "ä", count: 41)) == nil
        )
        #expect(RelayState("") == nil && RelayState("a\r\nb") == nil)
    }
}
