import Crypto
import Foundation
import Vocabulary

/// The offline "Pwned Passwords" file, ordered by SHA-1, searched in place.
///
/// Two forms: text lines `HASH:count` (40 hexadecimal digits, as published "ordered by hash"), or bare 20-byte records.
/// One look-up reads some thirty small pieces of the file; it may block on a cold disk.
public final class BreachedPasswords: Sendable {
    enum Form: Sendable {
        case text, binary
    }

    let form: Form
    private let file: PositionedFile
    private let path: String

    static let digestLength = 20
    /// Longest text line that is accepted: 40 digits, a colon, twenty digits, CR and LF.
    static let lineLimit = 63

    /// Opens the file and looks at its first and last records.
    /// - Throws: `blocklist.unreadable`, or `blocklist.format` when it is neither form or not in order.
    public init(path: String) throws(Fault) {
        self.path = path
        file = try PositionedFile(path: path)
        let head = try file.read(at: 0, count: Self.lineLimit)
        form = Self.digest(ofLine: head) == nil ? .binary : .text
        guard file.size > 0, form == .text || file.size % Int64(Self.digestLength) == 0 else {
            throw Self.malformed(path, "neither `HASH:count` lines nor 20-byte records")
        }
        guard let first = try record(containing: 0), let last = try record(containing: file.size - 1),
            !last.digest.lexicographicallyPrecedes(first.digest)
        else { throw Self.malformed(path, "its records are not ordered by hash") }
    }

    /// Whether the password, as typed or in NFKC, is among the breached ones.
    /// - Throws: `blocklist.unreadable`, `blocklist.format`: an error is never taken for "not found".
    public func contains(_ password: SecretText) throws(Fault) -> Bool {
        let typed = password.reveal()
        if try contains(sha1: Self.sha1(typed)) { return true }
        let normal = typed.precomposedStringWithCompatibilityMapping
        return Array(normal.utf8) == Array(typed.utf8) ? false : try contains(sha1: Self.sha1(normal))
    }

    /// Whether the file holds this SHA-1 (20 bytes); any other length is never held.
    /// - Throws: as `contains(_:)`.
    public func contains(sha1 wanted: [UInt8]) throws(Fault) -> Bool {
        guard wanted.count == Self.digestLength else { return false }
        var low: Int64 = 0
        var high = file.size
        // Every round leaves out the record it read, so this ends; `low` and `high` stand at record boundaries.
        while low < high {
            guard let middle = try record(containing: low + (high - low) / 2) else { return false }
            if middle.digest == wanted { return true }
            if middle.digest.lexicographicallyPrecedes(wanted) { low = middle.end } else { high = middle.start }
        }
        return false
    }

    private static func sha1(_ text: String) -> [UInt8] { Array(Insecure.SHA1.hash(data: Array(text.utf8))) }
}

extension BreachedPasswords {
    private struct Record {
        let digest: [UInt8]
        let start: Int64
        /// Where the next record begins.
        let end: Int64
    }

    /// The record that the byte at `offset` belongs to; nil past the end.
    private func record(containing offset: Int64) throws(Fault) -> Record? {
        guard offset < file.size else { return nil }
        switch form {
        case .binary:
            let start = offset - offset % Int64(Self.digestLength)
            let bytes = try file.read(at: start, count: Self.digestLength)
            guard bytes.count == Self.digestLength else { throw Self.malformed(path, "it was cut while in use") }
            return Record(digest: bytes, start: start, end: start + Int64(Self.digestLength))
        case .text: return try line(containing: offset)
        }
    }

    private func line(containing offset: Int64) throws(Fault) -> Record {
        let windowStart = max(0, offset - Int64(Self.lineLimit))
        let window = try file.read(at: windowStart, count: 2 * Self.lineLimit + 1)
        let here = Int(offset - windowStart)
        guard here < window.count else { throw Self.malformed(path, "it was cut while in use") }
        let feed = UInt8(ascii: "\n")
        let before = window[..<here].lastIndex(of: feed).map { $0 + 1 } ?? 0
        let after = window[here...].firstIndex(of: feed).map { $0 + 1 } ?? window.count
        let isWhole = (before > 0 || windowStart == 0) && (window[after - 1] == feed || atEnd(windowStart, after))
        guard isWhole, let digest = Self.digest(ofLine: window[before..<after]) else {
            throw Self.malformed(path, "the line at byte \(windowStart + Int64(before)) is not `HASH:count`")
        }
        return Record(
            digest: digest, start: windowStart + Int64(before), end: windowStart + Int64(after))
    }

    private func atEnd(_ windowStart: Int64, _ after: Int) -> Bool { windowStart + Int64(after) == file.size }

    private static func digest(ofLine line: some Collection<UInt8>) -> [UInt8]? {
        let characters = Array(line.prefix(2 * digestLength + 1))
        guard characters.count == 2 * digestLength + 1, characters[2 * digestLength] == UInt8(ascii: ":") else {
            return nil
        }
        var digest: [UInt8] = []
        for index in stride(from: 0, to: 2 * digestLength, by: 2) {
            guard let high = Character(Unicode.Scalar(characters[index])).hexDigitValue,
                let low = Character(Unicode.Scalar(characters[index + 1])).hexDigitValue
            else { return nil }
            digest.append(UInt8(high << 4 | low))
        }
        return digest
    }

    private static func malformed(_ path: String, _ what: String) -> Fault {
        Fault(
            "blocklist.format", .ourselves, "\(path): \(what).",
            remedy: "Load the SHA-1 file that is published ordered by hash, uncompressed.")
    }
}
