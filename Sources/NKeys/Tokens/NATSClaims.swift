/// What a token says, by the type of it.
public enum NATSClaims: Sendable, Equatable {
    case `operator`(OperatorClaims)
    case account(AccountClaims)
    case user(UserClaims)
    case activation(ActivationClaims)

    /// What every token says.
    public var common: CommonClaims {
        switch self {
        case .operator(let claims): claims.common
        case .account(let claims): claims.common
        case .user(let claims): claims.common
        case .activation(let claims): claims.common
        }
    }

    /// The type as tokens have it: `operator`, `account`, `user`, `activation`.
    public var type: String { kind.rawValue }

    /// Everything that is wrong with the claims, or odd.
    public func faults() -> [NATSFault] {
        switch self {
        case .operator(let claims): claims.faults()
        case .account(let claims): claims.faults()
        case .user(let claims): claims.faults()
        case .activation(let claims): claims.faults()
        }
    }

    enum Kind: String, CaseIterable {
        case `operator`, account, user, activation

        /// Whom such a token is about.
        var subject: NKey.Kind {
            switch self {
            case .operator: .operator
            case .account, .activation: .account
            case .user: .user
            }
        }

        /// Who issues it.
        var issuer: NKey.Kind {
            switch self {
            case .operator, .account: .operator
            case .user, .activation: .account
            }
        }
    }

    var kind: Kind {
        switch self {
        case .operator: .operator
        case .account: .account
        case .user: .user
        case .activation: .activation
        }
    }

    init(_ kind: Kind, _ common: CommonClaims, _ reader: inout ClaimsReader) throws {
        switch kind {
        case .operator: self = .operator(try OperatorClaims(common, &reader))
        case .account: self = .account(try AccountClaims(common, &reader))
        case .user: self = .user(try UserClaims(common, &reader))
        case .activation: self = .activation(try ActivationClaims(common, &reader))
        }
    }

    func write(_ writer: inout ClaimsWriter) {
        switch self {
        case .operator(let claims): claims.write(&writer)
        case .account(let claims): claims.write(&writer)
        case .user(let claims): claims.write(&writer)
        case .activation(let claims): claims.write(&writer)
        }
    }
}
