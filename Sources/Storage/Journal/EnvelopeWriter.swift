import Vocabulary

struct EnvelopeWriter {
    static let factLimit = 256
    static let listLimit = 4_096
    static let depthLimit = 8
    static let sectionLimit = 64
    var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    static func invalid(_ message: String) -> Fault { Fault("journal.invalid", .ourselves, message) }

    static func isWord(_ text: some Collection<UInt8>) -> Bool {
        (1...64).contains(text.count)
            && text.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x3A
                    || $0 == 0x2D
            }
    }

    mutating func word(_ word: String) throws {
        guard Self.isWord(word.utf8) else { throw Self.invalid("A name in an event is not a word of [a-z0-9_.:-].") }
        bytes.append(UInt8(word.utf8.count))
        bytes.append(contentsOf: word.utf8)
    }

    mutating func text(_ text: String) throws {
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.invalid("A trace id is not at most 64 printable characters.")
        }
        bytes.append(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func fixed(_ value: [UInt8], _ count: Int) throws {
        guard value.count == count else { throw Self.invalid("An id or digest has not \(count) bytes.") }
        bytes.append(contentsOf: value)
    }

    mutating func optional<Kind>(_ id: Identifier<Kind>?) {
        bytes.append(id == nil ? 0 : 1)
        if let id { bytes.append(id) }
    }

    mutating func subject(_ subject: Subject?) {
        switch subject {
        case nil: bytes.append(0)
        case .person(let id)?:
            bytes.append(1)
            bytes.append(id)
        case .serviceAccount(let id)?:
            bytes.append(2)
            bytes.append(id)
        }
    }

    mutating func actor(_ actor: Actor) throws {
        switch actor {
        case .anonymous: bytes.append(0)
        case .person(let id):
            bytes.append(1)
            bytes.append(id)
        case .serviceAccount(let id):
            bytes.append(2)
            bytes.append(id)
        case .operatingSystemUser(let uid):
            bytes.append(3)
            bytes.append(bigEndian: uid)
        case .system(let part):
            bytes.append(4)
            try word(part)
        case .client(let id):
            bytes.append(5)
            bytes.append(id)
        }
    }

    mutating func facts(_ facts: [Fact]) throws {
        guard facts.count <= Self.factLimit else {
            throw Self.invalid("An event has more than \(Self.factLimit) facts.")
        }
        bytes.append(bigEndian: UInt16(facts.count))
        for fact in facts {
            try word(fact.name)
            try value(fact.value, depth: 0)
        }
    }

    private mutating func value(_ value: FactValue, depth: Int) throws {
        switch value {
        case .id(let id, let kind):
            bytes.append(1)
            try word(kind)
            try fixed(id, 16)
        case .integer(let number):
            bytes.append(2)
            bytes.append(bigEndian: number)
        case .bool(let flag): bytes += [3, flag ? 1 : 0]
        case .word(let text):
            bytes.append(4)
            try word(text)
        case .digest(let digest):
            guard digest.count <= 64 else { throw Self.invalid("A digest has more than 64 bytes.") }
            bytes += [5, UInt8(digest.count)] + digest
        case .time(let time):
            bytes.append(6)
            bytes.append(bigEndian: time.microseconds)
        case .list(let values):
            guard values.count <= Self.listLimit, depth < Self.depthLimit else {
                throw Self.invalid("A list in an event is too long or too deep.")
            }
            bytes.append(7)
            bytes.append(bigEndian: UInt16(values.count))
            for inner in values { try self.value(inner, depth: depth + 1) }
        }
    }

    mutating func commitments(_ commitments: [Commitment]) throws {
        bytes.append(UInt8(commitments.count))
        for commitment in commitments {
            bytes.append(commitment.person)
            try word(commitment.name)
            bytes.append(commitment.key)
            try fixed(commitment.tag, 32)
        }
    }
}
