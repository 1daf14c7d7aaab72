import JOSE

/// Everything of one operator that is to be kept as files: tokens, and the seeds that are there.
public struct CredentialTree: Sendable {
    public var `operator`: NATSToken
    /// Seeds of the operator and its signing keys; none where they are kept elsewhere.
    public var operatorKeys: [NKeyPair]
    public var accounts: [Account]

    /// An account with its users.
    public struct Account: Sendable {
        public var token: NATSToken
        /// Seeds of the account and its signing keys.
        public var keys: [NKeyPair]
        public var users: [Credentials]

        /// An account with its users.
        public init(_ token: NATSToken, keys: [NKeyPair] = [], users: [Credentials] = []) {
            self.token = token
            self.keys = keys
            self.users = users
        }
    }

    /// An operator with its accounts.
    public init(operator token: NATSToken, keys: [NKeyPair] = [], accounts: [Account] = []) {
        self.operator = token
        operatorKeys = keys
        self.accounts = accounts
    }

    /// Refuses what does not belong together: tokens of another type, accounts of another operator, users of another account.
    ///
    /// Times are not looked at: what is over may still be kept.
    func check() throws {
        guard case .operator(let claims) = self.operator.claims else { throw self.operator.isNo("operator") }
        for account in accounts {
            guard case .account(let held) = account.token.claims else { throw account.token.isNo("account") }
            guard account.token.issuer == claims.common.subject || claims.signingKeys.contains(account.token.issuer)
            else {
                throw NATSFault(
                    .wrongIssuer, quoted(held.common.name), "is an account of another operator",
                    "Keep each operator by itself.")
            }
            for user in account.users {
                guard case .user(let claims) = user.token.claims else { throw user.token.isNo("user") }
                guard user.token.account == held.common.subject else {
                    throw NATSFault(
                        .wrongIssuer, quoted(claims.common.name), "is a user of another account",
                        "Keep users with their accounts.")
                }
            }
        }
    }

    var operatorName: String { self.operator.claims.common.name }
    /// Every seed but those of users, whose files of credentials have them.
    var keys: [NKeyPair] { operatorKeys + accounts.flatMap(\.keys) }
}

extension CredentialTree.Account {
    var name: String { token.claims.common.name }
}

extension Credentials {
    var name: String { token.claims.common.name }
}
