import Foundation
import Testing

@testable import HTTPAPI

@Suite("QR codes")
struct QRCodeTests {
    /// Annex I of ISO/IEC 18004 prints the correction codewords of "01234567" at 1-M.
    @Test("Reed–Solomon gives the standard's own example")
    func reedSolomon() {
        let data: [UInt8] = [
            0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11,
        ]
        let expected: [UInt8] = [0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55]
        #expect(ReedSolomon.remainder(data, count: 10) == expected)
    }

    @Test("412 bytes fit, one more does not")
    func capacity() {
        #expect(QRCode.capacity == 412)
        #expect(QRCode(String(repeating: "x", count: 412))?.version == 15)
        #expect(QRCode(String(repeating: "x", count: 413)) == nil)
    }

    @Test("the smallest version that holds the text is taken", arguments: [(14, 1), (15, 2), (180, 9), (181, 10)])
    func version(_ count: Int, _ version: Int) {
        #expect(QRCode(String(repeating: "a", count: count))?.version == version)
    }

    /// A decoder that shares nothing with us reads every version back.
    @Test("zbarimg reads every version", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/zbarimg")))
    func decoded() throws {
        for version in 1...15 {
            let length = QRTables.dataCodewords(version: version) - (version < 10 ? 2 : 3)
            let text = String((0..<length).map { Character(Unicode.Scalar(UInt8(97 + ($0 * 7 + version) % 26))) })
            let code = try #require(QRCode(text))
            #expect(code.version == version)
            #expect(try zbar(code) == text, "version \(version)")
        }
    }

    private func zbar(_ code: QRCode) throws -> String {
        let scale = 4
        let side = (code.size + 8) * scale
        var image = Data("P5 \(side) \(side) 255\n".utf8)
        for y in 0..<side {
            for x in 0..<side {
                let (row, column) = (y / scale - 4, x / scale - 4)
                let isInside = (0..<code.size).contains(row) && (0..<code.size).contains(column)
                image.append(isInside && code[row, column] ? 0 : 255)
            }
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("qr-\(UUID().uuidString).pgm")
        try image.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/zbarimg")
        process.arguments = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
