/// The value of the password policy response control (draft-behera-ldap-password-policy-10 §6.2):
/// `SEQUENCE { warning [0] CHOICE { [0] timeBeforeExpiration, [1] graceAuthNsRemaining }, error [1] ENUMERATED }`.
struct PasswordPolicyValue {
    private(set) var warnings = BindWarnings()
    private(set) var error: Int?

    /// Nil unless `bytes` are exactly one such value.
    init?(_ bytes: [UInt8]) {
        var outer = BERReader(bytes[...])
        guard let sequence = outer.value(tag: 0x30), outer.isAtEnd else { return nil }
        var inner = BERReader(sequence)
        if let warning = inner.value(tag: 0xA0) {
            var choice = BERReader(warning)
            if let seconds = choice.value(tag: 0x80) {
                warnings.expiresInSeconds = Self.integer(seconds)
            } else if let grace = choice.value(tag: 0x81) {
                warnings.graceLoginsRemaining = Self.integer(grace)
            }
        }
        if let code = inner.value(tag: 0x81) {
            guard let number = Self.integer(code) else { return nil }
            error = number
        }
        guard inner.isAtEnd else { return nil }
        warnings.mustChange = error == 2
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard (1...5).contains(bytes.count), bytes.first! & 0x80 == 0 else { return nil }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}
