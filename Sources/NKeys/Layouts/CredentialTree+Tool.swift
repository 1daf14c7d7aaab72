import JOSE

extension CredentialTree {
    /// What the tool `nsc` reads: its stores (`nsc env --store`) and its keys (`NKEYS_PATH`) beside each other.
    ///
    /// ```
    /// stores/{operator}/.nsc
    /// stores/{operator}/{operator}.jwt
    /// stores/{operator}/accounts/{account}/{account}.jwt
    /// stores/{operator}/accounts/{account}/users/{user}.jwt
    /// keys/.gitignore
    /// keys/keys/{O,A,U}/{two letters}/{public key}.nk
    /// keys/creds/{operator}/{account}/{user}.creds
    /// ```
    ///
    /// The tool changes these files, so their owner may write them.
    /// - Throws: `NATSFault`: `invalid_name`, `duplicate_file`, `wrong_issuer`.
    public func toolPlan() throws -> FilePlan {
        try check()
        var plan = FilePlan()
        let root = ["stores", operatorName]
        try plan.add(root + [".nsc"], .ownerWrites, information)
        try plan.add(root + [operatorName + ".jwt"], .ownerWrites, self.operator.text)
        try plan.add(["keys", ".gitignore"], .ownerWrites, "**/*.nk\n**/*.creds\n")
        for account in accounts {
            let folder = root + ["accounts", account.name]
            try plan.add(folder + [account.name + ".jwt"], .ownerWrites, account.token.text)
            for user in account.users { try add(user, of: account, folder, to: &plan) }
        }
        for pair in keys { try plan.add(Self.path(of: pair), .ownerWrites, pair.seed()) }
        return try plan.finished()
    }

    private func add(_ user: Credentials, of account: Account, _ folder: [String], to plan: inout FilePlan) throws {
        try plan.add(folder + ["users", user.name + ".jwt"], .ownerWrites, user.token.text)
        try plan.add(Self.path(of: user.pair), .ownerWrites, user.pair.seed())
        try plan.add(
            ["keys", "creds", operatorName, account.name, user.name + ".creds"], .ownerWrites, user.text())
    }

    /// Keys are sorted into folders by their first letter, and by the two that follow.
    private static func path(of pair: NKeyPair) -> [String] {
        let text = pair.publicKey.text
        return ["keys", "keys", String(text.prefix(1)), String(text.dropFirst().prefix(2)), text + ".nk"]
    }

    private var information: String {
        let members: [String: JSONValue] = [
            "managed": .bool(false), "name": .string(operatorName), "kind": "operator", "version": "1",
        ]
        return String(decoding: JSONObject(sorting: members).serialized, as: UTF8.self)
    }
}
