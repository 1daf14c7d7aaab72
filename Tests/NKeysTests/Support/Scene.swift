import Foundation
import JOSE
import NKeys

/// An operator with an account and a user, made anew for each test; times are in seconds since 1970.
struct Scene {
    let now: Int64
    let operatorPair: NKeyPair
    let accountPair: NKeyPair
    let systemPair: NKeyPair
    var operatorClaims: OperatorClaims
    var accountClaims: AccountClaims
    var systemClaims: AccountClaims

    init(now: Int64 = 1_700_000_000) throws {
        self.now = now
        operatorPair = try .generate(.operator)
        accountPair = try .generate(.account)
        systemPair = try .generate(.account)
        operatorClaims = OperatorClaims(
            CommonClaims(operatorPair.publicKey, name: "acme"), systemAccount: systemPair.publicKey)
        accountClaims = AccountClaims(CommonClaims(accountPair.publicKey, name: "core"))
        systemClaims = AccountClaims(CommonClaims(systemPair.publicKey, name: "SYS"))
    }

    func operatorToken() throws -> NATSToken { try operatorClaims.signed(by: operatorPair, issuedAt: now) }
    func accountToken() throws -> NATSToken { try accountClaims.signed(by: operatorPair, issuedAt: now) }
    func systemToken() throws -> NATSToken { try systemClaims.signed(by: operatorPair, issuedAt: now) }

    func trusted() throws -> TrustedAccount {
        try TrustedOperator(operatorToken(), trusting: [operatorPair.publicKey], now: now)
            .account(accountToken(), now: now)
    }

    /// A user of the account, signed by the account's key or another of its keys.
    func user(
        _ rights: UserRights = UserRights(SubjectRights()), name: String = "service", by signer: NKeyPair? = nil,
        issuedAt: Int64? = nil, _ change: (inout UserClaims) -> Void = { _ in }
    ) throws -> Credentials {
        let pair = try NKeyPair.generate(.user)
        var claims = UserClaims(CommonClaims(pair.publicKey, name: name), rights: rights)
        change(&claims)
        return try Credentials(
            claims.signed(by: signer ?? accountPair, of: accountPair.publicKey, issuedAt: issuedAt ?? now), pair)
    }

    func systemUser() throws -> Credentials {
        let pair = try NKeyPair.generate(.user)
        let claims = UserClaims(CommonClaims(pair.publicKey, name: "sys"), rights: UserRights(SubjectRights()))
        return try Credentials(claims.signed(by: systemPair, of: systemPair.publicKey, issuedAt: now), pair)
    }
}

/// The code of the fault that something throws; nil when it throws none.
func fault(_ body: () throws -> Void) -> NATSFault.Code? {
    do {
        try body()
        return nil
    } catch let fault as NATSFault {
        return fault.code
    } catch {
        return nil
    }
}

extension SecretOctets {
    convenience init(_ text: String) { self.init(Array(text.utf8)) }
    var text: String { String(decoding: reveal(), as: UTF8.self) }
}

/// A file of `Tests/Corpus/nats`.
func corpus(_ name: String) throws -> String {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Corpus/nats")
    return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
}

/// A token with these parts, signed or not by whom it says: for forgeries that the library itself refuses to write.
func forge(
    claims: String, header: String = #"{"alg":"ed25519-nkey","typ":"JWT"}"#, by pair: NKeyPair
) throws -> String {
    let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    return signed + "." + Base64URL.encode(try pair.sign(Array(signed.utf8)))
}

/// The claims of a token, as JSON.
func claims(of token: NATSToken) throws -> String {
    let part = token.text.split(separator: ".")[1]
    return String(decoding: Base64URL.decode(String(part)) ?? [], as: UTF8.self)
}
