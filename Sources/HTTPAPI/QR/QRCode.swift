import Vocabulary

/// A QR code symbol (ISO/IEC 18004:2015), model 2, byte mode, error correction level M, versions 1 to 15: enough for
/// an `otpauth` URI of 412 bytes.
public struct QRCode: Sendable, Equatable {
    /// Modules per side, without the quiet zone.
    public let size: Int
    public let version: Int
    /// The data mask, 0 to 7, chosen by the standard's penalties (§7.8.3).
    public let mask: Int
    private let modules: [Bool]

    /// Bytes that the largest supported symbol holds.
    public static let capacity = QRTables.dataCodewords(version: QRTables.maximumVersion) - 3

    /// Nil when the text is longer than `capacity` bytes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = QRTables.version(forBytes: bytes.count) else { return nil }
        let codewords = QREncoding.codewords(bytes, version: version)
        let candidates = (0..<8).map { mask -> QRMatrix in
            var matrix = QRMatrix(version: version)
            matrix.place(codewords, mask: mask)
            matrix.drawFormat(mask: mask)
            return matrix
        }
        let best = candidates.indices.min { candidates[$0].penalty < candidates[$1].penalty } ?? 0
        self.version = version
        mask = best
        size = candidates[best].size
        modules = candidates[best].modules
    }

    /// True is a dark module.
    public subscript(row: Int, column: Int) -> Bool { modules[row * size + column] }

    /// An SVG with the quiet zone of four modules that §5.3.8 demands, one path, no script, no style.
    public var svg: String {
        let side = size + 8
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                guard self[row, column] else {
                    column += 1
                    continue
                }
                let start = column
                while column < size, self[row, column] { column += 1 }
                path += "M\(start + 4) \(row + 4)h\(column - start)v1h-\(column - start)z"
            }
        }
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(side) \(side)\" shape-rendering=\"crispEdges\">"
            + "<path fill=\"#fff\" d=\"M0 0h\(side)v\(side)H0z\"/><path d=\"\(path)\"/></svg>"
    }

    /// For `img src`: allowed by `img-src data:`, and an image runs nothing.
    public var dataURI: String { "data:image/svg+xml;base64," + Base64.encode(Array(svg.utf8), .padded) }
}
