/// Our keys over one message, and what may be spent on it: whoever has our public keys can encrypt for them, so that a message
/// nobody signed makes us decrypt. It belongs to one verification, on one thread.
final class Decryption {
    let policy: SAMLAlgorithmPolicy
    private let keys: [SAMLDecryptionKey]
    /// Our entity id, by which an encrypted key among several is known to be ours.
    private let recipient: String?
    /// The key that opened something of this message, which opens the rest of it as well.
    private var last: Int?
    private(set) var spent = 0
    /// Pairs of an encrypted key and one of ours that were tried.
    private(set) var attemptCount = 0

    /// Of one element and of a whole message, in the units of `SAMLDecryptionKey.work`: two keys of RSA 4,096 on an assertion
    /// that one of ours opens, and the one that opened it on the name within; sixteen and twenty-four of RSA 2,048.
    static let elementLimit = 128, messageLimit = 192

    init(keys: [SAMLDecryptionKey], policy: SAMLAlgorithmPolicy, recipient: String? = nil) {
        self.keys = keys
        self.policy = policy
        self.recipient = recipient
    }

    struct Attempt {
        let key: EncryptedContent.Key
        let privateKey: SAMLDecryptionKey
        fileprivate let index: Int
    }

    /// What is tried, in this order, on an element: of its encrypted keys first those that say they are for us, then those
    /// that say nothing; of ours first the one that opened something before. A key is tried on what is as long as its
    /// modulus (RFC 8017 §7.1.2); where nothing is, it is tried all the same, so that a refusal takes as long as another.
    /// All of it rests on what everybody can see.
    ///
    /// - Throws: `SAMLError` with `LIMIT` for more keys of ours than are tried.
    func attempts(on sealed: [EncryptedContent.Key]) throws -> AttemptSequence {
        guard keys.count <= SAMLDecryptionKey.countLimit else { throw SAMLError(.limit, "too many keys") }
        let order = sealed.indices.sorted { (rank(sealed[$0]), $0) < (rank(sealed[$1]), $1) }
        let own = keys.indices.filter { keys[$0].isStrongEnough(for: policy) }.sorted {
            ($0 == last ? 0 : 1, $0) < ($1 == last ? 0 : 1, $1)
        }
        let pairs = order.flatMap { place in
            own.map { Attempt(key: sealed[place], privateKey: keys[$0], index: $0) }
        }
        let fitting = pairs.filter { $0.key.bytes.count == $0.privateKey.byteLength }
        return AttemptSequence(decryption: self, pairs: fitting.isEmpty ? pairs : fitting)
    }

    private func rank(_ key: EncryptedContent.Key) -> Int {
        guard let recipient, let said = key.recipient else { return 1 }
        return Exact.same(said, recipient) ? 0 : 2
    }

    func opened(by attempt: Attempt) { last = attempt.index }

    /// Whether so much more may be spent, which it then is. The first attempt on a message is always made.
    fileprivate func spend(_ work: Int, _ spentOnElement: Int) -> Bool {
        let isWithin = spentOnElement + work <= Self.elementLimit && spent + work <= Self.messageLimit
        guard isWithin || attemptCount == 0 else { return false }
        spent += work
        attemptCount += 1
        return true
    }
}

/// The attempts that may be paid for; each is paid when it is taken.
struct AttemptSequence: Sequence, IteratorProtocol {
    let decryption: Decryption
    private var rest: ArraySlice<Decryption.Attempt>
    private var spent = 0

    fileprivate init(decryption: Decryption, pairs: [Decryption.Attempt]) {
        self.decryption = decryption
        rest = pairs[...]
    }

    mutating func next() -> Decryption.Attempt? {
        while let attempt = rest.popFirst() {
            let work = attempt.privateKey.work
            guard decryption.spend(work, spent) else { continue }
            spent += work
            return attempt
        }
        return nil
    }
}

extension SAMLDecryptionKey {
    /// Keys that are tried on one message.
    public static let countLimit = 8

    private var bits: Int { if case .rsa(let bits) = kind { bits } else { 0 } }

    func isStrongEnough(for policy: SAMLAlgorithmPolicy) -> Bool { bits >= policy.minimumRSABits }

    /// Bytes of what is encrypted for it.
    var byteLength: Int { (bits + 7) / 8 }

    /// What one decryption costs: it grows with the cube of the length. 8 for RSA 2,048, 27 for 3,072, 64 for 4,096, which
    /// takes four milliseconds.
    var work: Int { max(1, bits * bits / 1_048_576 * bits / 1_024) }
}
