import COpenSSL
import JOSE

extension OperatorClaims {
    /// The token that says this, signed by the operator's own key or one of its signing keys.
    ///
    /// The same claims, key and time give the same token: members are in the order of their names.
    /// - Parameter issuedAt: in seconds since 1970.
    /// - Throws: `NATSFault`, the first of what is blocking in `faults()`, or `wrong_issuer`.
    public func signed(by pair: NKeyPair, issuedAt: Int64) throws -> NATSToken {
        guard pair.publicKey == common.subject || signingKeys.contains(pair.publicKey) else {
            throw NATSFault(
                .wrongIssuer, "iss", "is neither the operator's key nor one that signs for it",
                "Sign with the operator's key, or name this one in signing_keys.")
        }
        return try NATSToken(.operator(self), pair, nil, issuedAt)
    }
}

extension AccountClaims {
    /// The token that says this, signed by an operator's key or one of its signing keys.
    ///
    /// - Parameter issuedAt: in seconds since 1970.
    /// - Throws: `NATSFault`, the first of what is blocking in `faults()`, or `wrong_issuer`.
    public func signed(by pair: NKeyPair, issuedAt: Int64) throws -> NATSToken {
        try NATSToken(.account(self), pair, nil, issuedAt)
    }
}

extension UserClaims {
    /// The token that says this, signed by an account's key or one of its signing keys.
    ///
    /// - Parameters:
    ///   - account: the account's own key, whichever of its keys signs.
    ///   - issuedAt: in seconds since 1970.
    /// - Throws: `NATSFault`, the first of what is blocking in `faults()`, or `wrong_issuer`.
    public func signed(by pair: NKeyPair, of account: NKey, issuedAt: Int64) throws -> NATSToken {
        try NATSToken(.user(self), pair, account, issuedAt)
    }
}

extension ActivationClaims {
    /// The token that says this, signed by the exporting account's key or one of its signing keys.
    ///
    /// - Parameters:
    ///   - account: the exporting account's own key, whichever of its keys signs.
    ///   - issuedAt: in seconds since 1970.
    /// - Throws: `NATSFault`, the first of what is blocking in `faults()`, or `wrong_issuer`.
    public func signed(by pair: NKeyPair, of account: NKey, issuedAt: Int64) throws -> NATSToken {
        try NATSToken(.activation(self), pair, account, issuedAt)
    }
}

extension NATSToken {
    /// Writes and signs; what comes of it is read again, so that nothing is issued that would be refused here.
    fileprivate init(_ claims: NATSClaims, _ pair: NKeyPair, _ account: NKey?, _ issuedAt: Int64) throws {
        if let fault = claims.faults().first(where: { $0.severity == .blocking }) { throw fault }
        guard pair.kind == claims.kind.issuer, account.map({ $0.kind == .account }) ?? true else {
            throw NATSFault(
                .wrongIssuer, "iss", "is the key of \(pair.kind.article)",
                "The token of type \(claims.type) is issued by \(claims.kind.issuer.article).")
        }
        var nats = ClaimsWriter()
        claims.write(&nats)
        nats.set("type", claims.type)
        nats.set("version", Self.version)
        nats.set("tags", claims.common.tags)
        if account != pair.publicKey { nats.set("issuer_account", account?.text) }
        var top = ClaimsWriter()
        var envelope = Envelope(common: claims.common, issuer: pair.publicKey, issuedAt: issuedAt)
        envelope.write(&top)
        top.set("nats", nats)
        envelope.tokenID = try Self.identifier(top.value.serialized)
        envelope.write(&top)
        try self.init(Self.compact(top.value.serialized, pair))
    }

    private static func compact(_ payload: [UInt8], _ pair: NKeyPair) throws -> String {
        var header = ClaimsWriter()
        header.set("typ", "JWT")
        header.set("alg", algorithm)
        let signed = Base64URL.encode(header.value.serialized) + "." + Base64URL.encode(payload)
        return signed + "." + Base64URL.encode(try pair.sign(Array(signed.utf8)))
    }

    /// SHA-512/256 of the claims before they had an identifier, in base 32. Servers do not check it; it tells tokens apart.
    private static func identifier(_ claims: [UInt8]) throws -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(claims, claims.count, &hash, nil, EVP_sha512_256(), nil) == 1 else {
            throw JOSEError(.cryptographyFailed)
        }
        let length = KeyText.length(of: hash.count)
        return String(unsafeUninitializedCapacity: length) { out in
            guard let start = out.baseAddress else { return 0 }
            hash.withUnsafeBufferPointer { KeyText.encode($0, into: start) }
            return length
        }
    }
}
