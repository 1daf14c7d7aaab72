import FuzzDriver
import JOSE
import NKeys

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzNKeys_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    guard let reader = try? Reader() else { return 1 }
    return drive(count, arguments) { reader.read($0) }
}

/// Somebody who knows one operator, and is sent bytes. The first byte says what they are taken for.
struct Reader {
    let account: NKeyPair
    let user: NKeyPair
    let trusted: TrustedAccount

    init() throws {
        let seed = { (byte: UInt8) in SecretOctets([UInt8](repeating: byte, count: 32)) }
        let top = try NKeyPair(.operator, rawSeed: seed(1))
        account = try NKeyPair(.account, rawSeed: seed(2))
        user = try NKeyPair(.user, rawSeed: seed(3))
        let token = try OperatorClaims(CommonClaims(top.publicKey, name: "o")).signed(by: top, issuedAt: 1)
        trusted = try TrustedOperator(token, trusting: [top.publicKey], now: 1).account(
            AccountClaims(CommonClaims(account.publicKey, name: "a")).signed(by: top, issuedAt: 1), now: 1)
    }

    func read(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch kind & 7 {
        case 0: key(text)
        case 1: seed(rest)
        case 2: token(text)
        case 3: claims(rest)
        case 4: claims(Array(Self.head(account, user).utf8) + rest + Array("}}".utf8))
        case 5: subjects(text)
        case 6: credentials(rest)
        default: permissions(text)
        }
    }

    /// What every token of the user begins with, so that what is found is about the rest.
    private static func head(_ account: NKeyPair, _ user: NKeyPair) -> String {
        #"{"iat":1,"iss":"\#(account.publicKey)","sub":"\#(user.publicKey)","nats":{"type":"user","version":2,"#
    }

    private func key(_ text: String) {
        guard let key = try? NKey(text) else { return }
        hold(key.text == text, "a key has one spelling")
    }

    private func seed(_ bytes: [UInt8]) {
        guard let pair = try? NKeyPair(seed: SecretOctets(bytes)) else { return }
        hold(pair.seed().reveal() == bytes, "a seed has one spelling")
    }

    private func token(_ text: String) {
        guard let token = try? NATSToken(text) else { return }
        hold(token.text == text, "a token stays as it is")
        hold((try? trusted.user(token, now: 1)) == nil, "nobody else's token is believed")
    }

    /// Signed by the account, whatever it says: what is read has to be the same once it is written.
    private func claims(_ bytes: [UInt8]) {
        let header = Base64URL.encode(Array(#"{"alg":"ed25519-nkey","typ":"JWT"}"#.utf8))
        let signed = header + "." + Base64URL.encode(bytes)
        guard let signature = try? account.sign(Array(signed.utf8)),
            let token = try? NATSToken(signed + "." + Base64URL.encode(signature))
        else { return }
        let faults = token.faults()
        guard case .user(let claims) = token.claims,
            let again = try? claims.signed(by: account, of: account.publicKey, issuedAt: token.issuedAt)
        else { return }
        hold(again.claims == token.claims, "what was read stays as it is")
        hold(!faults.contains { $0.severity == .blocking }, "nothing is signed that is wrong")
    }

    private func subjects(_ text: String) {
        let parts = text.split(separator: "\u{1}", maxSplits: 1).map(String.init)
        guard parts.count == 2, let left = try? NATSSubject(parts[0]), let right = try? NATSSubject(parts[1]) else {
            return
        }
        hold(left.overlaps(right) == right.overlaps(left), "overlapping is mutual")
        hold(!left.contains(right) || left.overlaps(right), "what is inside overlaps")
        hold(!(left.contains(right) && right.contains(left)) || left == right, "only equals contain each other")
    }

    private func credentials(_ bytes: [UInt8]) {
        guard let read = try? Credentials(parsing: SecretOctets(bytes)) else { return }
        hold((try? Credentials(parsing: read.text()))?.token == read.token, "what we write, we read")
    }

    private func permissions(_ text: String) {
        let list = SubjectPermissions(allow: text.split(separator: "\u{1}").map(String.init))
        let closed = list.closed()
        hold(closed.closed() == closed, "what is closed stays closed")
        let scope = AccountClaims.Scope(
            account.publicKey, role: "r", template: UserRights(SubjectRights(publish: list, subscribe: list)))
        var claims = AccountClaims(CommonClaims(account.publicKey, name: "a"))
        claims.signingKeys = [.scoped(scope)]
        _ = claims.faults()
    }
}
