import Fixtures
import JOSE
import NKeys
import Testing

@Suite("nkeys")
struct NKeyTests {
    /// Seeds and public keys that stand beside each other in the tests of nats-server.
    static let pairs: [(NKey.Kind, String, String)] = [
        (
            .user, "SUAP277QP7U4JMFFPVZHLJYEQJ2UHOTYVEIZJYAWRJXQLP4FRSEHYZJJOU",
            "UBO2MQV67TQTVIRV3XFTEZOACM4WLOCMCDMAWN5QVN5PI2N6JHTVDRON"
        ),
        (
            .account, "SAANDLKMXL6CUS3CP52WIXBEDN6YJ545GDKC65U5JZPPV6WH6ESWUA6YAI",
            "ABJHLOVMPA4CI6R5KLNGOB4GSLNIY7IOUPAJC4YFNDLQVIOBYQGUWVLA"
        ),
        (
            .operator, "SOAO7RDW6CLJORHHBS4DPYYIIIAASEIUJ5WWS5FMWLNTFHUCKQ5CAC45AA",
            "ODSKR7MYFQZ5MMAJ6FPMEETCTE3RIHOFLTYPJRMAVVN4OLV2YYAMHCAC"
        ),
        (
            .operator, "SOAEL3NFOTU6YK3DBTEKQYZ2C5IWSVZWWZCQDASBUOHJKBFLVANK27JMMQ",
            "ODSKACSRBWP537DZDRVJ657JOIGOPOQ6KG7T4HN6OK4F6IECGXDAHNP2"
        ),
        (
            .curve, "SXAAXMRAEP6JWWHNB6IKFL554IE6LZVT6EY5MBRICPILTLOPHAG73I3YX4",
            "XAB3NANV3M6N7AHSQP2U5FRWKKUT7EG2ZXXABV4XVXYQRJGM4S2CZGHT"
        ),
    ]

    @Test("Seeds of the reference give its public keys", arguments: pairs)
    func reference(kind: NKey.Kind, seed: String, publicKey: String) throws {
        let pair = try NKeyPair(seed: SecretOctets(seed), kind)
        #expect(pair.publicKey.text == publicKey)
        #expect(pair.seed().text == seed)
        let read = try NKey(publicKey, kind)
        #expect(read == pair.publicKey)
        #expect(read.text == publicKey)
    }

    @Test("Drawn keys of every kind come back from their seeds", arguments: NKey.Kind.allCases)
    func drawn(kind: NKey.Kind) throws {
        let pair = try NKeyPair.generate(kind)
        #expect(pair.publicKey.text.first == kind.letter)
        #expect(pair.seed().text.hasPrefix("S\(kind.letter)"))
        #expect(try NKeyPair(seed: pair.seed(), kind).publicKey == pair.publicKey)
        #expect(try NKey(pair.publicKey.text) == pair.publicKey)
    }

    @Test("A signature is that of its key and message, and of no other")
    func signatures() throws {
        let pair = try NKeyPair.generate(.user)
        let signature = try pair.sign([1, 2, 3])
        #expect(pair.publicKey.isSignature(signature, over: [1, 2, 3]))
        #expect(!pair.publicKey.isSignature(signature, over: [1, 2, 4]))
        #expect(!pair.publicKey.isSignature(Array(signature.dropLast()), over: [1, 2, 3]))
        #expect(!pair.publicKey.isSignature([], over: [1, 2, 3]))
        #expect(try !NKeyPair.generate(.user).publicKey.isSignature(signature, over: [1, 2, 3]))
    }

    @Test("A curve key signs nothing, and nothing is its signature")
    func curve() throws {
        let pair = try NKeyPair.generate(.curve)
        #expect(fault { _ = try pair.sign([1]) } == .wrongKeyKind)
        #expect(!pair.publicKey.isSignature([UInt8](repeating: 0, count: 64), over: [1]))
    }

    @Test("Every other spelling of a public key is refused")
    func spellings() throws {
        let text = Self.pairs[0].2
        #expect(fault { _ = try NKey(text.lowercased()) } == .malformedKey)
        #expect(fault { _ = try NKey(text + "=") } == .malformedKey)
        #expect(fault { _ = try NKey(" " + text.dropLast()) } == .malformedKey)
        #expect(fault { _ = try NKey("") } == .malformedKey)
        #expect(fault { _ = try NKey(String(repeating: "A", count: 1_000_000)) } == .malformedKey)
        #expect(fault { _ = try NKey(text, .account) } == .wrongKeyKind)
        // A checksum over a prefix that stands for nothing: P, a private key.
        #expect(fault { _ = try NKey(Self.encoded(prefix: 15 << 3)) } == .wrongKeyKind)
        // A prefix with bits behind the letter.
        #expect(fault { _ = try NKey(Self.encoded(prefix: 20 << 3 | 1)) } == .wrongKeyKind)
    }

    /// The text of 32 zeros behind a prefix, made from a sound key by the only way in: bits of the text.
    private static func encoded(prefix: UInt8) -> String {
        let body = [prefix] + [UInt8](repeating: 0, count: 32)
        var sum: UInt16 = 0
        for byte in body {
            sum ^= UInt16(byte) << 8
            for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
        }
        let bytes = body + [UInt8(sum & 255), UInt8(sum >> 8)]
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return String(
            stride(from: 0, to: bits.count, by: 5).map { at in
                alphabet[Int(bits[at..<at + 5].reduce(0) { $0 << 1 | $1 })]
            })
    }

    @Test("The checksum is CRC-16/XMODEM: a known key is built bit by bit")
    func checksum() throws {
        #expect(try NKey(Self.encoded(prefix: 0)) == NKey(.account, bytes: [UInt8](repeating: 0, count: 32)))
    }

    @Test("A seed that was taken for a public key is named as such, and not repeated")
    func seedAsKey() throws {
        let seed = Self.pairs[0].1
        do {
            _ = try NKey(seed)
            Issue.record("A seed was taken for a public key.")
        } catch let fault as NATSFault {
            #expect(fault.code == .malformedKey)
            #expect(fault.description.contains("secret"))
            #expect(!fault.description.contains(seed))
        }
    }

    @Test("One wrong character in a seed or a key is found, wherever it stands")
    func mutations() throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let (seed, key) = (Array(Self.pairs[0].1), Array(Self.pairs[0].2))
        for place in seed.indices {
            for letter in alphabet where letter != seed[place] {
                var changed = seed
                changed[place] = letter
                #expect(fault { _ = try NKeyPair(seed: SecretOctets(String(changed))) } != nil)
            }
        }
        for place in key.indices {
            for letter in alphabet where letter != key[place] {
                var changed = key
                changed[place] = letter
                #expect(fault { _ = try NKey(String(changed)) } == .checksumMismatch)
            }
        }
    }

    @Test("Faults of a seed say where, and hold nothing of it")
    func seedFaults() throws {
        let seed = Self.pairs[0].1
        #expect(fault { _ = try NKeyPair(seed: SecretOctets(seed), .account) } == .wrongKeyKind)
        #expect(fault { _ = try NKeyPair(seed: SecretOctets(seed + "A")) } == .malformedKey)
        do {
            _ = try NKeyPair(seed: SecretOctets(String(seed.prefix(20)) + "!" + seed.dropFirst(21)), place: "line 10")
            Issue.record("A wrong character was read over.")
        } catch let fault as NATSFault {
            #expect(fault.place == "line 10")
            #expect(fault.problem.contains("place 21"))
            #expect(!fault.description.contains(seed.prefix(8)))
        }
    }

    @Test("A pair shows its public key and nothing secret")
    func blank() throws {
        let (_, seed, publicKey) = Self.pairs[0]
        let pair = try NKeyPair(seed: SecretOctets(seed))
        var dumped = ""
        dump(pair, to: &dumped)
        for text in ["\(pair)", String(reflecting: pair), dumped, "\([pair])"] {
            #expect(!text.contains(seed.prefix(12)))
        }
        #expect("\(pair)".contains(publicKey))
    }

    @Test("Random bytes are no key")
    func noise() {
        var draw = Seeded(7)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        for _ in 0..<2_000 {
            let text = String((0..<56).map { _ in draw.pick(alphabet) })
            // One of 65,536 has the right checksum by chance, and hardly ever a prefix beside it.
            #expect((try? NKey(text)) == nil)
        }
    }
}
