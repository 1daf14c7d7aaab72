import JOSE

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
public struct NscStoreLayout: Sendable {
    /// What the manifest is called.
    public static let manifestName = "manifest.json"

    private let tree: CredentialTree

    /// A layout of this tree.
    public init(_ tree: CredentialTree) { self.tree = tree }

    /// The files.
    ///
    /// - Throws: `NATSFault`: `invalid_name`, `duplicate_file`, `wrong_issuer`.
    public func plan() throws -> FilePlan {
        try tree.check()
        var plan = FilePlan()
        let root = ["stores", tree.operatorName]
        try plan.add(root + [tree.operatorName + ".jwt"], .allRead, tree.operator.text)
        for account in tree.accounts {
            let folder = root + ["accounts", account.name]
            try plan.add(folder + [account.name + ".jwt"], .allRead, account.token.text)
            for user in account.users {
                let name = user.token.claims.common.name
                try plan.add(folder + ["users", name + ".creds"], .ownerReads, user.text())
            }
        }
        for pair in tree.keys { try plan.add(root + ["keys", pair.publicKey.text + ".nk"], .ownerReads, pair.seed()) }
        try plan.add(root + [Self.manifestName], .ownerWrites, manifest)
        return try plan.finished()
    }

    /// The tree without anything secret: names, public keys and paths below the operator's folder.
    private var manifest: String {
        var top = ClaimsWriter()
        var head = ClaimsWriter()
        head.set("name", tree.operatorName)
        head.set("public_key", tree.operator.claims.common.subject.text)
        head.set("path", tree.operatorName + ".jwt")
        top.set("operator", head)
        top.set("accounts", tree.accounts.map(Self.entry))
        top.set("users", tree.accounts.flatMap { account in account.users.map { Self.entry($0, account.name) } })
        return String(decoding: top.value.serialized, as: UTF8.self) + "\n"
    }
}
