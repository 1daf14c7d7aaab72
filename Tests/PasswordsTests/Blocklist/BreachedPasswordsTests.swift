import Crypto
import Foundation
import Testing
import Vocabulary

@testable import Passwords

@Suite struct BreachedPasswordsTests {
    static let breached = (0..<300).map { "breached-\($0)" } + ["pass\u{66}\u{69}rase of old"]

    static func sha1(_ text: String) -> [UInt8] { Array(Insecure.SHA1.hash(data: Array(text.utf8))) }

    static var digests: [[UInt8]] { breached.map(sha1).sorted { $0.lexicographicallyPrecedes($1) } }

    static func hex(_ digest: [UInt8]) -> String {
        digest.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }
            .joined()
    }

    /// Writes the bytes to a file of its own, for the length of `body`.
    static func withFile<T>(_ bytes: [UInt8], _ body: (String) throws -> T) throws -> T {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("breached-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path)
    }

    static func text(end: String) -> [UInt8] {
        let lines = digests.enumerated().map { "\(hex($0.element)):\($0.offset * $0.offset * 977 + 1)" }
        return Array((lines.joined(separator: end) + end).utf8)
    }

    static var files: [[UInt8]] {
        let unfinished = Array(text(end: "\n").dropLast())
        return [text(end: "\n"), text(end: "\r\n"), unfinished, Array(digests.joined())]
    }

    @Test(arguments: files.indices)
    func `every breached password is found and no other, in text and binary form`(index: Int) throws {
        try Self.withFile(Self.files[index]) { path in
            let file = try BreachedPasswords(path: path)
            #expect(file.form == (index == 3 ? .binary : .text))
            for password in Self.breached { #expect(try file.contains(SecretText(password))) }
            for number in 300..<600 { #expect(try !file.contains(SecretText("breached-\(number)"))) }
            #expect(try !file.contains(sha1: [UInt8](repeating: 0, count: 20)))
            #expect(try !file.contains(sha1: [UInt8](repeating: 255, count: 20)))
            #expect(try !file.contains(sha1: Array(Self.digests[0].dropLast())))
        }
    }

    @Test func `a password whose NFKC form is breached is found as typed`() throws {
        try Self.withFile(Array(Self.digests.joined())) { path in
            let file = try BreachedPasswords(path: path)
            #expect(try file.contains(SecretText("pass\u{FB01}rase of old")))
        }
    }

    @Test func `a file of one record works, in both forms`() throws {
        let digest = Self.sha1("only")
        for bytes in [digest, Array("\(Self.hex(digest)):1\n".utf8)] {
            try Self.withFile(bytes) { path in
                let file = try BreachedPasswords(path: path)
                #expect(try file.contains(SecretText("only")))
                #expect(try !file.contains(SecretText("other")))
            }
        }
    }

    @Test func `an empty, torn, disordered or foreign file is refused, and a missing one is no empty one`() throws {
        let disordered = Array(Self.digests.reversed().joined())
        let foreign = Array("this is not such a file at all, whatever its name".utf8)
        let torn = Array(Self.digests.joined().dropLast())
        for bytes in [[], disordered, foreign, torn] {
            try Self.withFile(bytes) { path in
                #expect(Self.code { _ = try BreachedPasswords(path: path) } == "blocklist.format")
            }
        }
        for path in ["/nonexistent/file", NSTemporaryDirectory()] {
            #expect(Self.code { _ = try BreachedPasswords(path: path) } == "blocklist.unreadable")
        }
    }

    @Test func `a line that went bad inside is an error, never "not found"`() throws {
        var bytes = Self.text(end: "\n")
        let quarter = bytes.count / 4
        for index in quarter..<3 * quarter { bytes[index] = UInt8(ascii: "?") }
        try Self.withFile(bytes) { path in
            let file = try BreachedPasswords(path: path)
            #expect(throws: Fault("blocklist.format", .ourselves, "")) {
                try file.contains(SecretText("breached-7"))
            }
        }
    }

    @Test func `a block list is read up to its limit, as UTF-8 only`() throws {
        func read(_ bytes: [UInt8]) throws -> String {
            try Self.withFile(bytes) { path in try BlockListFile.read(path: path) }
        }
        #expect(try read(Array("one\ntwö\n".utf8)) == "one\ntwö\n")
        #expect(Self.code { _ = try read([0x61, 0xFF, 0x0A]) } == "blocklist.encoding")
        let full = [UInt8](repeating: 0x61, count: BlockListFile.sizeLimit)
        #expect(try read(full).utf8.count == full.count)
        #expect(Self.code { _ = try read(full + [0x61]) } == "blocklist.too-large")
        #expect(Self.code { _ = try BlockListFile.read(path: "/nonexistent") } == "blocklist.unreadable")
    }

    /// The code of the fault that `body` throws; nil when it throws none.
    static func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Fault)?.code ?? "\(error)" }
        return nil
    }
}
