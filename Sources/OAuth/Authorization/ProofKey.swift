import JOSE

/// Proof Key for Code Exchange (RFC 7636), by S256 alone: `plain` shows in the request what it should prove.
public enum ProofKey {
    /// The challenge of a request.
    ///
    /// - Throws: `invalid_request` when it is missing but required, malformed, or of another method.
    public static func challenge(_ parameters: Parameters, isRequired: Bool) throws(OAuthError) -> String? {
        guard let challenge = parameters["code_challenge"] else {
            guard !isRequired else { throw OAuthError(.invalidRequest, "code_challenge is missing") }
            guard !parameters.holds("code_challenge_method") else {
                throw OAuthError(.invalidRequest, "code_challenge_method without code_challenge")
            }
            return nil
        }
        // §4.3: without a method it would be `plain`.
        guard parameters["code_challenge_method"] == "S256" else {
            throw OAuthError(.invalidRequest, "code_challenge_method has to be S256")
        }
        guard SHA256Text.isOne(challenge) else {
            throw OAuthError(.invalidRequest, "code_challenge is not one of S256")
        }
        return challenge
    }

    /// §4.1: 43 to 128 unreserved characters.
    public static func isVerifier(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count) && text.utf8.allSatisfy(FormCoding.isUnreserved)
    }

    /// The challenge of a verifier (§4.2); nil only when the cryptographic library fails.
    public static func challenge(of verifier: String) -> String? { SHA256Text.of(verifier) }

    /// Whether the verifier proves the challenge.
    public static func proves(_ verifier: String, _ challenge: String) -> Bool {
        isVerifier(verifier) && SHA256Text.same(ProofKey.challenge(of: verifier), challenge)
    }

    /// A verifier of 32 random bytes that the caller drew.
    public static func verifier(random: [UInt8]) -> String { Base64URL.encode(random) }
}
