import JOSE

extension Credentials {
    /// Longest file that is read, in bytes.
    public static let byteLimit = NATSToken.textLimit + 8_192

    /// Reads a file of credentials, strictly: one block with a token and one with the seed of its key behind it, of one kind.
    /// What stands between blocks is for people. Nothing of a seed is in a fault.
    ///
    /// - Throws: `NATSFault`.
    public init(parsing bytes: SecretOctets, _ expected: NKey.Kind? = nil) throws {
        guard bytes.count <= Self.byteLimit else {
            throw NATSFault(.tooLarge, "file", "has \(bytes.count) bytes", "It may have \(Self.byteLimit).")
        }
        let blocks = try bytes.withBytes { try Block.all(in: $0) }
        guard blocks.count == 2 else {
            throw NATSFault(
                .malformedCredentials, "file", "has \(blocks.count) blocks", "It has one with a token, one with a seed."
            )
        }
        let kinds = try [NKey.Kind.user, .account, .operator].filter { kind in
            let name = kind.rawValue.uppercased()
            return try blocks[0].isLabelled("NATS \(name) JWT") && blocks[1].isLabelled("\(name) NKEY SEED")
        }
        guard let kind = kinds.first, expected == nil || expected == kind else {
            throw NATSFault(
                .malformedCredentials, "line \(blocks[0].line)", "begins no such block",
                "First comes NATS \((expected ?? .user).rawValue.uppercased()) JWT, then its NKEY SEED.")
        }
        let text = bytes.withBytes { String(validating: $0[blocks[0].body], as: UTF8.self) }
        guard let text else {
            throw NATSFault(.malformedToken, "line \(blocks[0].line + 1)", "is no text", "Copy the token once more.")
        }
        let seed = bytes.withBytes { SecretOctets($0[blocks[1].body]) }
        try self.init(NATSToken(text), NKeyPair(seed: seed, kind, place: "seed at line \(blocks[1].line + 1)"))
    }

    /// Lines with a label above and below one line of text.
    private struct Block {
        let line: Int
        let begin: String
        let end: String
        let body: Range<Int>

        func isLabelled(_ name: String) throws -> Bool {
            guard begin == "BEGIN " + name else { return false }
            guard end == "END " + name else {
                throw NATSFault(
                    .malformedCredentials, "line \(line + 2)", "does not end what line \(line) begins",
                    "Blocks begin and end with the same name.")
            }
            return true
        }

        static func all(in bytes: UnsafeBufferPointer<UInt8>) throws -> [Block] {
            let lines = Self.lines(of: bytes)
            var blocks: [Block] = []
            var at = 0
            while at < lines.count {
                guard let begin = Self.label(bytes[lines[at]]) else {
                    at += 1
                    continue
                }
                guard at + 2 < lines.count, let end = Self.label(bytes[lines[at + 2]]), !lines[at + 1].isEmpty else {
                    throw NATSFault(
                        .malformedCredentials, "line \(at + 1)", "begins a block without an end",
                        "A block has three lines: its name, one line of text, its name.")
                }
                blocks.append(Block(line: at + 1, begin: begin, end: end, body: lines[at + 1]))
                guard blocks.count <= 2 else { break }
                at += 3
            }
            return blocks
        }

        /// Where lines begin and end, without what ends them.
        private static func lines(of bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
            var lines: [Range<Int>] = []
            var start = 0
            for end in 0...bytes.count where end == bytes.count || bytes[end] == 0x0A {
                let isDOS = end > start && bytes[end - 1] == 0x0D
                lines.append(start..<(isDOS ? end - 1 : end))
                start = end + 1
            }
            return lines
        }

        /// What stands between three dashes or more, on both sides; nil for another line.
        private static func label(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
            let dash = UInt8(ascii: "-")
            let head = line.prefix { $0 == dash }.count
            let tail = line.reversed().prefix { $0 == dash }.count
            guard head >= 3, tail >= 3, line.count > head + tail, line.count <= 80 else { return nil }
            return String(validating: line.dropFirst(head).dropLast(tail), as: UTF8.self)
        }
    }
}
