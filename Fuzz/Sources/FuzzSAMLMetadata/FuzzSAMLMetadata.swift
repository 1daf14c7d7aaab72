import FuzzDriver
import SAML

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzSAMLMetadata_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let root = try? XMLReader.parse(bytes, limits: .message) else { return }
        read(root)
    }
}

/// Whatever is read is judged, gone by, and written again where it can be.
private func read(_ root: XMLElement) {
    guard let document = try? MetadataDocument(reading: root) else { return }
    let verdict = document.verdict(signature: .none, replacing: document, policy: MetadataPolicy(), now: 1_800_000_000)
    if case .refused(let reasons) = verdict {
        // A document does not differ from itself.
        for case .unconfirmed in reasons { fatalError("it changed while it was looked at") }
    }
    let settings = ServiceProviderSettings(
        entityID: "urn:us", consumers: [IndexedEndpoint(.post, "https://us.example/acs", index: 0)])
    for entity in document.all.prefix(8) {
        _ = try? settings.plan(SignInWish(), at: entity, id: "_1", now: 1_800_000_000)
        guard let written = try? entity.element(id: "_1", validUntil: 1), let bytes = try? XMLWriter.bytes(of: written),
            let again = try? XMLReader.parse(bytes, limits: .metadata)
        else { continue }
        guard let reread = try? MetadataDocument(reading: again)[entity.entityID],
            reread.identityProviders.map(\.singleSignOn) == entity.identityProviders.map(\.singleSignOn),
            reread.serviceProviders.map(\.assertionConsumers) == entity.serviceProviders.map(\.assertionConsumers)
        else { fatalError("what was written says something else") }
    }
}
