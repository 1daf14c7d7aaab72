import CLDAP

extension LDAPConnection {
    /// No password longer than this is sent, in bytes.
    public static let passwordByteLimit = 1_024

    /// Simple bind (RFC 4513 §5.1.3) with the password policy control. An empty or blank password, or an empty name,
    /// is refused here and never sent. Whatever the connection was bound as before is gone, also after a refusal.
    ///
    /// A bind that times out or is cancelled closes the connection, so that its late answer cannot be taken for
    /// another's.
    public func bind(dn: String, password: [UInt8]) async throws(LDAPError) -> BindOutcome {
        try Self.check(bindName: dn)
        return try await bind(as: dn, password)
    }

    /// As `bind(dn:password:)`, by a user principal name or a down-level logon name, which Active Directory accepts.
    public func bind(principal: String, password: [UInt8]) async throws(LDAPError) -> BindOutcome {
        guard LDAPPrincipal.isWellFormed(principal) else {
            throw .invalidRequest("the name to bind as is not a principal's")
        }
        return try await bind(as: principal, password)
    }

    private func bind(as name: String, _ password: [UInt8]) async throws(LDAPError) -> BindOutcome {
        if let refusal = Self.refusal(ofUnsent: password) { return .refused(refusal) }
        try checkMayBind()
        let outcome = try await run { handle, cancellation throws(LDAPError) in
            try handle.bind(name, password, cancellation)
        }
        if case .accepted = outcome { bindWasAccepted() }
        return outcome
    }

    fileprivate static func check(bindName dn: String) throws(LDAPError) {
        guard let name = DistinguishedName(dn), !name.components.isEmpty else {
            throw .invalidRequest("the name to bind as is not a distinguished name")
        }
    }

    /// Why a password is never sent: RFC 4513 §5.1.2, a bind without one succeeds and proves nothing.
    fileprivate static func refusal(ofUnsent password: [UInt8]) -> BindRefusal? {
        guard password.contains(where: { ![0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20].contains($0) }) else {
            return .emptyPassword
        }
        return password.count <= passwordByteLimit ? nil : .invalidCredentials
    }

    /// Changes a password by the extended operation of RFC 3062, as the identity the connection is bound as.
    ///
    /// - Throws: `LDAPError.failed` with the server's reason when it refuses the new password.
    public func modifyPassword(dn: String, old: [UInt8], new: [UInt8]) async throws(LDAPError) {
        guard !old.isEmpty, !new.isEmpty, new.count <= Self.passwordByteLimit, old.count <= Self.passwordByteLimit
        else { throw .invalidRequest("a password is empty or too long") }
        try checkIsBound()
        try await run { handle, cancellation throws(LDAPError) in
            try handle.modifyPassword(dn, old, new, cancellation)
        }
    }
}

extension LDAPHandle {
    /// As `LDAPConnection.bind(dn:password:)`, for who is on the thread already.
    func bind(dn: String, _ password: [UInt8], _ cancellation: CancellationFlag) throws(LDAPError) -> BindOutcome {
        try LDAPConnection.check(bindName: dn)
        if let refusal = LDAPConnection.refusal(ofUnsent: password) { return .refused(refusal) }
        return try bind(dn, password, cancellation)
    }

    fileprivate func bind(
        _ dn: String, _ password: [UInt8], _ cancellation: CancellationFlag
    ) throws(LDAPError) -> BindOutcome {
        let handle = try open(cancellation)
        let deadline = deadline(configuration.operationTimeout)
        var control: UnsafeMutablePointer<LDAPControl>?
        guard ldap_create_passwordpolicy_control(handle, &control) == LDAP_SUCCESS else {
            throw .invalidRequest("the password policy control cannot be made")
        }
        defer { ldap_control_free(control) }
        var controls: [UnsafeMutablePointer<LDAPControl>?] = [control, nil]
        let id = try withBerval(password) { (value) throws(LDAPError) in
            var value = value
            return try send(.bind, deadline, cancellation) { id in
                ldap_sasl_bind(handle, dn, nil, &value, &controls, nil, &id)
            }
        }
        let result = try parse(try receive(id, .bind, deadline, cancellation))
        return Self.outcome(result)
    }

    private static func outcome(_ result: Result) -> BindOutcome {
        let policy = result.controls.first { $0.oid == LDAP_CONTROL_PASSWORDPOLICYRESPONSE }
            .flatMap { PasswordPolicyValue($0.value) }
        guard result.code == LDAP_SUCCESS else {
            return .refused(BindRefusal(code: result.code, diagnostic: result.diagnostic, policyError: policy?.error))
        }
        var warnings = policy?.warnings ?? BindWarnings()
        for control in result.controls {
            // Netscape's older controls, which 389 still sends.
            if control.oid == LDAP_CONTROL_X_PASSWORD_EXPIRED { warnings.mustChange = true }
            if control.oid == LDAP_CONTROL_X_PASSWORD_EXPIRING, warnings.expiresInSeconds == nil {
                warnings.expiresInSeconds = Int(String(decoding: control.value, as: UTF8.self))
            }
        }
        return .accepted(warnings)
    }

    fileprivate func modifyPassword(
        _ dn: String, _ old: [UInt8], _ new: [UInt8], _ cancellation: CancellationFlag
    ) throws(LDAPError) {
        let handle = try open(cancellation)
        let deadline = deadline(configuration.operationTimeout)
        let id = try withBerval(Array(dn.utf8)) { (user) throws(LDAPError) in
            try withBerval(old) { (old) throws(LDAPError) in
                try withBerval(new) { (new) throws(LDAPError) in
                    var (user, old, new) = (user, old, new)
                    return try send(.modifyPassword, deadline, cancellation) { id in
                        ldap_passwd(handle, &user, &old, &new, nil, nil, &id)
                    }
                }
            }
        }
        let result = try parse(try receive(id, .modifyPassword, deadline, cancellation))
        guard result.code == LDAP_SUCCESS else {
            throw .failed(.init(rawValue: result.code), diagnostic: result.diagnostic)
        }
    }

    /// A counted copy of `bytes`, overwritten afterwards.
    private func withBerval<Value>(
        _ bytes: [UInt8], _ body: (berval) throws(LDAPError) -> Value
    ) throws(LDAPError) -> Value {
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[bytes.count] = 0
        defer {
            copy.update(repeating: 0)
            copy.deallocate()
        }
        return try body(berval(bv_len: ber_len_t(bytes.count), bv_val: copy.baseAddress))
    }
}
