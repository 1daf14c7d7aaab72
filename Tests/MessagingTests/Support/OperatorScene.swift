import NKeys

/// An operator with an account and users, and the configuration of a server that believes them.
struct OperatorScene: Sendable {
    let configuration: String
    private let account: NKeyPair
    private let now: Int64

    init(now: Int64) throws {
        let (oper, system) = (try NKeyPair.generate(.operator), try NKeyPair.generate(.account))
        self.now = now
        account = try .generate(.account)
        let operatorToken = try OperatorClaims(
            CommonClaims(oper.publicKey, name: "acme"), systemAccount: system.publicKey
        )
        .signed(by: oper, issuedAt: now)
        let tokens = try [(account, "core"), (system, "SYS")].map { pair, name in
            try AccountClaims(CommonClaims(pair.publicKey, name: name)).signed(by: oper, issuedAt: now)
        }
        configuration = try ServerConfiguration(operator: operatorToken, accounts: tokens, resolver: .memory).text
    }

    /// A user of the account.
    func user(
        _ rights: UserRights = UserRights(SubjectRights()), _ change: (inout UserClaims) -> Void = { _ in }
    ) throws -> Credentials {
        let pair = try NKeyPair.generate(.user)
        var claims = UserClaims(CommonClaims(pair.publicKey, name: "gateway"), rights: rights)
        change(&claims)
        return try Credentials(claims.signed(by: account, of: account.publicKey, issuedAt: now), pair)
    }
}
