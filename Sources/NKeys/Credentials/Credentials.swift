import JOSE

/// A token with the seed of the key it is about: what a client connects with (a `.creds` file), or an operator and an account
/// are kept by.
public struct Credentials: Sendable {
    public let token: NATSToken
    public let pair: NKeyPair

    /// A token and the pair of the key that it is about.
    ///
    /// - Throws: `NATSFault`: `mismatched_credentials` where they do not belong together, `unsupported_type` for activations.
    public init(_ token: NATSToken, _ pair: NKeyPair) throws {
        if case .activation = token.claims {
            throw NATSFault(.unsupportedType, "token", "is an activation", "Activations stand in the accounts' tokens.")
        }
        guard pair.publicKey == token.claims.common.subject else {
            throw NATSFault(
                .mismatchedCredentials, "seed", "is not that of the key that the token is about",
                "Put the seed of \(token.claims.common.subject) beside it.")
        }
        self.token = token
        self.pair = pair
    }

    /// The text that clients read: a block with the token, and one with the seed.
    public func text() -> SecretOctets {
        let kind = token.claims.type.uppercased()
        let before = """
            -----BEGIN NATS \(kind) JWT-----
            \(token.text)
            ------END NATS \(kind) JWT------

            ************************* IMPORTANT *************************
            NKEY Seed printed below can be used to sign and prove identity.
            NKEYs are sensitive and should be treated as secrets.

            -----BEGIN \(kind) NKEY SEED-----

            """
        let behind = """

            ------END \(kind) NKEY SEED------

            *************************************************************

            """
        let (head, tail, seed) = (Array(before.utf8), Array(behind.utf8), pair.seed())
        return SecretOctets(count: head.count + seed.count + tail.count) { out in
            for (index, byte) in head.enumerated() { out[index] = byte }
            seed.withBytes { for (index, byte) in $0.enumerated() { out[head.count + index] = byte } }
            for (index, byte) in tail.enumerated() { out[head.count + seed.count + index] = byte }
        }
    }
}
