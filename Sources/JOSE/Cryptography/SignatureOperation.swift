import COpenSSL

/// Signing or verifying with one key and one algorithm, prepared once.
///
/// `@unchecked Sendable`: what was prepared is only copied from after `init`, and each call works on a copy of its own; the
/// key behind it is never changed.
final class SignatureOperation: @unchecked Sendable {
    private let prepared: OpaquePointer
    private let key: EVPKey
    private let algorithm: SignatureAlgorithm
    private let purpose: Purpose

    enum Purpose { case sign, verify }

    /// - Throws: `JOSEError` with `cryptography_failed`.
    init(_ purpose: Purpose, _ key: EVPKey, _ algorithm: SignatureAlgorithm) throws {
        self.key = key
        self.algorithm = algorithm
        self.purpose = purpose
        prepared = try OpenSSL.require(EVP_MD_CTX_new())
        try prepare(prepared)
    }

    deinit { EVP_MD_CTX_free(prepared) }

    private func prepare(_ context: OpaquePointer) throws {
        // Ed25519 hashes by itself.
        let digest = algorithm.family == .edDSA ? nil : algorithm.hash.implementation
        var operation: OpaquePointer?
        switch purpose {
        case .sign: try OpenSSL.require(EVP_DigestSignInit(context, &operation, digest, nil, key.pointer))
        case .verify: try OpenSSL.require(EVP_DigestVerifyInit(context, &operation, digest, nil, key.pointer))
        }
        // RFC 7518 §3.5: the mask's hash is the message's, which is OpenSSL's default, and the salt as long as it.
        guard algorithm.family == .rsaPSS else { return }
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING))
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, Int32(algorithm.hash.length)))
    }

    /// A context for one call: a copy of what was prepared, which costs less than preparing it again. Without a hash there
    /// is nothing that every version of the library would copy.
    private func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try OpenSSL.require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        if algorithm.family == .edDSA {
            try prepare(context)
        } else {
            try OpenSSL.require(EVP_MD_CTX_copy_ex(context, prepared))
        }
        return try body(context)
    }

    /// The signature in the form JWS gives it.
    func sign(_ message: [UInt8]) throws -> [UInt8] {
        var length = key.size
        var signature = [UInt8](repeating: 0, count: length)
        try withContext { try OpenSSL.require(EVP_DigestSign($0, &signature, &length, message, message.count)) }
        signature.removeLast(signature.count - length)
        guard let curve = algorithm.curve else { return signature }
        return try ECDSASignature.raw(fromDER: signature, on: curve)
    }

    /// Whether a signature holds; whatever is wrong with it, the answer is no.
    func verify(_ signature: [UInt8], over message: [UInt8]) throws -> Bool {
        guard let form = try form(of: signature) else { return false }
        let status = try withContext { EVP_DigestVerify($0, form, form.count, message, message.count) }
        if status != 1 { ERR_clear_error() }
        return status == 1
    }

    /// The signature as OpenSSL takes it; nil for a length that no signature of this key has.
    private func form(of signature: [UInt8]) throws -> [UInt8]? {
        if let curve = algorithm.curve { return try ECDSASignature.der(fromRaw: signature, on: curve) }
        return signature.count == key.size ? signature : nil
    }
}
