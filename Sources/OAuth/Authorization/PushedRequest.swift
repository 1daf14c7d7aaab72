/// A request that a client pushed (RFC 9126), between its push and the answer to it.
///
/// The record is made by the authenticated client alone; a browser carries nothing but its `request_uri`, which is good
/// for that client only, for a short time, and once: it ends when the request is answered, not when it is first seen, so
/// that reloading a page does not lose it.
public struct PushedRequest: Sendable, Hashable, Codable {
    /// The prefix of every `request_uri` given out (RFC 9126 §2.2).
    public static let prefix = "urn:ietf:params:oauth:request_uri:"
    /// How long one may be used, in seconds: below the 600 of FAPI 2.0 §5.3.2.2.
    public static let lifetime: Int64 = 90

    public let request: AuthorizationRequest
    /// Seconds since 1970.
    public let expiresAt: Int64

    /// A request that was just pushed.
    public init(_ request: AuthorizationRequest, now: Int64) {
        self.request = request
        expiresAt = now + Self.lifetime
    }

    /// The URI of a request, from 32 random bytes in base64url or any other handle.
    public static func uri(handle: String) -> String { prefix + handle }

    /// The handle in a `request_uri`; nil when the URI is not one of ours.
    public static func handle(in uri: String) -> String? {
        guard uri.hasPrefix(prefix) else { return nil }
        let handle = uri.utf8.dropFirst(prefix.utf8.count)
        guard (22...128).contains(handle.count), handle.allSatisfy(FormCoding.isUnreserved) else { return nil }
        return String(decoding: handle, as: UTF8.self)
    }

    /// The handle and client that the parameters of an authorization request name, when it refers to a pushed one.
    ///
    /// - Throws: for a page. RFC 9126 §4 allows other parameters beside it; RFC 9101 §6.3 has them ignored.
    public static func reference(in parameters: Parameters) throws(OAuthError) -> String? {
        guard let uri = parameters["request_uri"] else { return nil }
        guard parameters["request"] == nil else {
            throw OAuthError(.invalidRequest, "request and request_uri exclude each other")
        }
        guard let handle = handle(in: uri) else {
            throw OAuthError(.requestURINotSupported, "request_uri is taken only as given out by this server")
        }
        return handle
    }

    /// The request, for the client that is named beside it.
    ///
    /// - Parameter wasAnswered: a code or an error was given out for it, which happens once.
    /// - Throws: `invalid_request_uri`, for a page: what the record holds is not for this browser.
    public func opened(by clientID: String, wasAnswered: Bool, now: Int64) throws(OAuthError) -> AuthorizationRequest {
        guard Texts.same(request.clientID, clientID), !wasAnswered, now < expiresAt else {
            throw OAuthError(.invalidRequestURI, "request_uri is unknown, used up or expired")
        }
        return request
    }

    /// Reads the parameters that an authenticated client pushes (RFC 9126 §2.1).
    ///
    /// - Parameters:
    ///   - parameters: of the body, or of the request object in it.
    ///   - proof: the thumbprint of a DPoP proof sent with it (RFC 9449 §10.1).
    /// - Throws: what would have been told at the authorization endpoint, as the answer of this one.
    public static func read(
        _ parameters: Parameters, client: ClientMetadata, isSigned: Bool, proof: String?, rules: AuthorizationRules
    ) throws(OAuthError) -> AuthorizationRequest {
        var parameters = parameters
        if let proof {
            if let named = parameters["dpop_jkt"], !Texts.same(named, proof) {
                throw OAuthError(.invalidDPoPProof, "dpop_jkt names another key than the proof")
            }
            parameters.set("dpop_jkt", proof)
        }
        switch AuthorizationRequest.read(
            parameters, client: client, origin: isSigned ? .pushedSigned : .pushed, rules: rules)
        {
        case .request(let request): return request
        case .page(let error): throw error
        case .redirect(let response): throw response.error ?? OAuthError(.invalidRequest)
        }
    }
}
