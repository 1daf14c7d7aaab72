import JOSE

extension NscStoreLayout {
    static func entry(_ account: CredentialTree.Account) -> JSONValue {
        var entry = ClaimsWriter()
        entry.set("name", account.name)
        entry.set("public_key", account.token.claims.common.subject.text)
        entry.set("path", "accounts/\(account.name)/\(account.name).jwt")
        entry.set("expires_at", account.token.claims.common.expires)
        return entry.value
    }

    static func entry(_ user: Credentials, _ account: String) -> JSONValue {
        let common = user.token.claims.common
        var entry = ClaimsWriter()
        entry.set("name", common.name)
        entry.set("account", account)
        entry.set("public_key", common.subject.text)
        entry.set("path", "accounts/\(account)/users/\(common.name).creds")
        entry.set("expires_at", common.expires)
        return entry.value
    }
}
