import COpenSSL

/// The parameters a key is made of, gathered for OpenSSL; what was gathered is wiped.
final class KeyParameters {
    private let builder: OpaquePointer
    private var numbers: [OpaquePointer] = []
    // The builder keeps pointers to names, texts and octets until it is read: they live as long as it does.
    private var kept: [UnsafeMutableRawBufferPointer] = []

    init() throws { builder = try OpenSSL.require(OSSL_PARAM_BLD_new()) }

    deinit {
        OSSL_PARAM_BLD_free(builder)
        for number in numbers { BN_clear_free(number) }
        for memory in kept { memory.deallocate() }
    }

    func add(_ name: String, number: SecretOctets) throws {
        let number = try OpenSSL.require(number.withBytes { BN_bin2bn($0.baseAddress, Int32($0.count), nil) })
        numbers.append(number)
        try OpenSSL.require(OSSL_PARAM_BLD_push_BN(builder, keep(text: name), number))
    }

    func add(_ name: String, text: String) throws {
        try OpenSSL.require(OSSL_PARAM_BLD_push_utf8_string(builder, keep(text: name), keep(text: text), 0))
    }

    func add(_ name: String, octets: [UInt8]) throws {
        try OpenSSL.require(
            OSSL_PARAM_BLD_push_octet_string(builder, keep(text: name), keep(octets), octets.count))
    }

    private func keep(_ bytes: [UInt8]) -> UnsafeMutableRawPointer? {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        memory.copyBytes(from: bytes)
        kept.append(memory)
        return memory.baseAddress
    }

    private func keep(text: String) -> UnsafePointer<CChar>? {
        keep(Array(text.utf8) + [0]).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
    }

    /// The key of everything gathered.
    func key(of type: String, isPair: Bool) throws -> EVPKey {
        let parameters = try OpenSSL.require(OSSL_PARAM_BLD_to_param(builder))
        defer { Self.wipe(parameters) }
        let context = try OpenSSL.require(EVP_PKEY_CTX_new_from_name(nil, type, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try OpenSSL.require(EVP_PKEY_fromdata_init(context))
        var key: OpaquePointer?
        let selection = isPair ? Self.pair : Self.publicKey
        try OpenSSL.require(EVP_PKEY_fromdata(context, &key, selection, parameters))
        return EVPKey(owning: try OpenSSL.require(key))
    }

    private static let publicKey = OSSL_KEYMGMT_SELECT_PUBLIC_KEY | parametersOfKey
    private static let pair = OSSL_KEYMGMT_SELECT_PRIVATE_KEY | publicKey
    private static let parametersOfKey =
        OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS | OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS

    private static func wipe(_ parameters: UnsafeMutablePointer<OSSL_PARAM>) {
        var place = parameters
        while place.pointee.key != nil {
            if let data = place.pointee.data { OPENSSL_cleanse(data, place.pointee.data_size) }
            place += 1
        }
        OSSL_PARAM_free(parameters)
    }
}
