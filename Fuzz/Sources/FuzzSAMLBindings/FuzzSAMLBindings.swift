import FuzzDriver
import SAML

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzSAMLBindings_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch kind & 3 {
        case 0: deflate(rest)
        case 1: query(String(decoding: rest, as: UTF8.self))
        case 2: message(rest)
        default: _ = try? Artifact(reading: String(decoding: rest, as: UTF8.self))
        }
    }
}

/// What is deflated is inflated to what it was, and nothing inflates beyond its bounds.
private func deflate(_ bytes: [UInt8]) {
    if let inflated = try? Inflate.bytes(bytes) {
        hold(inflated.count <= max(bytes.count * Inflate.ratioLimit, 4_096), "nothing is longer than it may be")
    }
    let packed = Deflate.bytes(bytes)
    guard packed.count * Inflate.ratioLimit >= bytes.count || bytes.count <= 4_096 else { return }
    hold((try? Inflate.bytes(packed, limit: bytes.count)) == bytes, "it comes back as it was")
}

private func query(_ text: String) {
    _ = Discovery.read(query: text) { _ in true }
    guard let read = try? RedirectBinding.read(query: text) else { return }
    let out = RedirectBinding.Outgoing(
        read.message, kind: read.kind, relayState: read.relayState, signatureAlgorithm: nil)
    let again = try? RedirectBinding.read(query: out.octets)
    hold(again?.message == read.message && again?.relayState == read.relayState, "what is sent on is the same")
}

/// Every reader of messages is shown every document.
private func message(_ bytes: [UInt8]) {
    guard let root = try? XMLReader.parse(bytes) else { return }
    if let request = try? AuthnRequest(reading: root), let written = try? request.element() {
        hold((try? AuthnRequest(reading: written)) != nil, "a request of ours can be read")
    }
    if let request = try? LogoutRequest(reading: root), let written = try? request.element() {
        hold((try? LogoutRequest(reading: written))?.subject == request.subject, "it is about the same name")
    }
    _ = try? LogoutResponse(reading: root)
    _ = try? ArtifactResolve(reading: root)
    _ = try? ArtifactResponse(reading: root)
    _ = try? SOAPEnvelope.read(root)
    _ = try? ECPEnvelope.arrived(bytes)
}
