import Fetch
import SAML

extension SAMLProvider {
    /// The identity provider as it is spoken to at logout: its metadata, and the keys that they have it sign with.
    ///
    /// - Throws: `Fault` with the reason where there are no metadata that may be used, and what fetching throws.
    public func logoutPeer() async throws -> (entity: EntityDescriptor, keys: [SAMLVerificationKey]) {
        try await SAMLMetadataFailure.telling {
            let peer = try await metadata.peer()
            return (peer.entity, try verificationKeys(of: peer))
        }
    }

    /// A request of ours to the identity provider's own address, by the way that everything goes to it.
    ///
    /// - Throws: what fetching throws.
    public func send(_ request: FetchRequest) async throws -> FetchResponse { try await fetch(request) }
}
