extension KeyManagementAlgorithm {
    /// The algorithm a key says it has, or the one that is wanted; both, only when they agree.
    static func pinned(said: String?, wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm? {
        guard let said else { return wanted }
        guard let own = KeyManagementAlgorithm(rawValue: said) else { throw JOSEError(.unsupportedAlgorithm, "alg") }
        guard wanted == nil || wanted == own else { throw JOSEError(.algorithmMismatch, "alg") }
        return own
    }
}

extension JSONWebKey {
    func keyManagementAlgorithm(wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm {
        let pinned = try KeyManagementAlgorithm.pinned(said: algorithm, wanted: wanted) ?? .usual(for: material)
        guard pinned.fits(material) else { throw JOSEError(.algorithmMismatch, "kty") }
        return pinned
    }
}

extension SharedSecret {
    /// A key whose `alg` is one of content encryption is the content's key itself.
    func keyManagementAlgorithm(wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm {
        let content = self.description.algorithm.flatMap(ContentEncryption.init(rawValue:))
        if let content {
            guard wanted ?? .direct == .direct else { throw JOSEError(.algorithmMismatch, "alg") }
            guard octets.count == content.keyLength else { throw JOSEError(.weakKey, "k") }
            return .direct
        }
        guard let pinned = try KeyManagementAlgorithm.pinned(said: self.description.algorithm, wanted: wanted) else {
            throw JOSEError(.unsupportedAlgorithm, "alg")
        }
        return pinned
    }
}
