import JOSE

extension CredentialTree {
    /// A store in folders by operator and account, with the users' credentials in their accounts' folders:
    ///
    /// ```
    /// stores/{operator}/{operator}.jwt
    /// stores/{operator}/accounts/{account}/{account}.jwt
    /// stores/{operator}/accounts/{account}/users/{user}.creds
    /// stores/{operator}/keys/{public key}.nk
    /// stores/{operator}/manifest.json
    /// ```
    ///
    /// Seeds are apart under `keys`, each under its public key, and only their owner may read them.
    /// - Throws: `NATSFault`: `invalid_name`, `duplicate_file`, `wrong_issuer`.
    public func storePlan() throws -> FilePlan {
        try check()
        var plan = FilePlan()
        let root = ["stores", operatorName]
        try plan.add(root + [operatorName + ".jwt"], .allRead, self.operator.text)
        for account in accounts {
            let folder = root + ["accounts", account.name]
            try plan.add(folder + [account.name + ".jwt"], .allRead, account.token.text)
            for user in account.users {
                try plan.add(folder + ["users", user.name + ".creds"], .ownerReads, user.text())
            }
        }
        for pair in keys { try plan.add(root + ["keys", pair.publicKey.text + ".nk"], .ownerReads, pair.seed()) }
        try plan.add(root + ["manifest.json"], .ownerWrites, manifest)
        return try plan.finished()
    }

    /// The tree without anything secret: names, public keys and paths below the operator's folder.
    private var manifest: String {
        var top = ClaimsWriter()
        top.set("operator", Self.entry(self.operator, "\(operatorName).jwt"))
        top.set(
            "accounts",
            accounts.map { Self.entry($0.token, "accounts/\($0.name)/\($0.name).jwt").value })
        top.set(
            "users",
            accounts.flatMap { account in
                account.users.map { user in
                    var entry = Self.entry(user.token, "accounts/\(account.name)/users/\(user.name).creds")
                    entry.set("account", account.name)
                    return entry.value
                }
            })
        return String(decoding: top.value.serialized, as: UTF8.self) + "\n"
    }

    private static func entry(_ token: NATSToken, _ path: String) -> ClaimsWriter {
        let common = token.claims.common
        var entry = ClaimsWriter()
        entry.set("name", common.name)
        entry.set("public_key", common.subject.text)
        entry.set("path", path)
        entry.set("expires_at", common.expires)
        return entry
    }
}
