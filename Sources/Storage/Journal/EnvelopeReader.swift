import Vocabulary

struct EnvelopeReader {
    static let malformed = Fault("journal.malformed", .ourselves, "A record of the journal cannot be read.")
    private let bytes: [UInt8]
    private var index: Int

    init(_ bytes: [UInt8], from index: Int) {
        self.bytes = bytes
        self.index = index
    }

    var isAtEnd: Bool { index == bytes.count }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.count - index else { throw Self.malformed }
        defer { index += count }
        return bytes[index..<index + count]
    }

    mutating func byte() throws -> UInt8 { try take(1).first! }
    mutating func fixed(_ count: Int) throws -> [UInt8] { Array(try take(count)) }
    mutating func integer() throws -> Int64 { Int64(bitPattern: try take(8).bigEndianNumber) }
    mutating func id<Kind>() throws -> Identifier<Kind> { Identifier(bytes: try take(16))! }

    mutating func optionalID<Kind>() throws -> Identifier<Kind>? {
        switch try byte() {
        case 0: nil
        case 1: try id()
        default: throw Self.malformed
        }
    }

    mutating func word() throws -> String {
        let text = try take(Int(try byte()))
        guard EnvelopeWriter.isWord(text) else { throw Self.malformed }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func trace() throws -> String? {
        let text = try take(Int(try byte()))
        guard text.count <= 64, text.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw Self.malformed }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    mutating func actor() throws -> Actor {
        switch try byte() {
        case 0: .anonymous
        case 1: .person(try id())
        case 2: .serviceAccount(try id())
        case 3: .operatingSystemUser(UInt32(try take(4).bigEndianNumber))
        case 4: .system(try word())
        case 5: .client(try id())
        default: throw Self.malformed
        }
    }

    mutating func subject() throws -> Subject? {
        switch try byte() {
        case 0: nil
        case 1: .person(try id())
        case 2: .serviceAccount(try id())
        default: throw Self.malformed
        }
    }

    mutating func facts() throws -> [Fact] {
        let count = Int(try take(2).bigEndianNumber)
        guard count <= EnvelopeWriter.factLimit else { throw Self.malformed }
        return try (0..<count).map { _ in Fact(try word(), try value(depth: 0)) }
    }

    private mutating func value(depth: Int) throws -> FactValue {
        switch try byte() {
        case 1:
            let kind = try word()
            return .id(bytes: try fixed(16), kind: kind)
        case 2: return .integer(try integer())
        case 3:
            let flag = try byte()
            guard flag <= 1 else { throw Self.malformed }
            return .bool(flag == 1)
        case 4: return .word(try word())
        case 5:
            let count = Int(try byte())
            guard count <= 64 else { throw Self.malformed }
            return .digest(try fixed(count))
        case 6: return .time(Timestamp(microseconds: try integer()))
        case 7:
            let count = Int(try take(2).bigEndianNumber)
            guard count <= EnvelopeWriter.listLimit, depth < EnvelopeWriter.depthLimit else { throw Self.malformed }
            return .list(try (0..<count).map { _ in try value(depth: depth + 1) })
        default: throw Self.malformed
        }
    }

    mutating func commitments() throws -> [Commitment] {
        let count = Int(try byte())
        guard count <= EnvelopeWriter.sectionLimit else { throw Self.malformed }
        return try (0..<count).map { _ in
            Commitment(person: try id(), name: try word(), key: try id(), tag: try fixed(32))
        }
    }
}
