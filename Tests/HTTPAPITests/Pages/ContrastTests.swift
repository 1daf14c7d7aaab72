import Foundation
import Testing

/// WCAG 2.2, success criteria 1.4.3 (4.5 to 1 for text) and 1.4.11 (3 to 1 for the edges of fields and for the focus),
/// computed from the style sheet that is shipped.
@Suite("The pages' colours can be told apart, in the light and in the dark")
struct ContrastTests {
    private static let styleSheet: String = {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        let path = String(root) + "/Sources/HTTPAPI/Pages/Templates/gatehouse.css"
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }()

    enum Scheme: CaseIterable { case light, dark }

    /// The named colours of a scheme; the dark one stands on the light one.
    private static func palette(_ scheme: Scheme) throws -> [String: [Double]] {
        let blocks = styleSheet.matches(of: /:root\{([^}]*)\}/).map(\.output.1)
        try #require(blocks.count == 2, "one palette for each scheme")
        return blocks.prefix(scheme == .light ? 1 : 2).reduce(into: [:]) { colors, block in
            for match in block.matches(of: /--([a-z-]+):#([0-9a-f]{6}|[0-9a-f]{3})(?=;|$)/) {
                let digits = Array(match.output.2)
                let pairs =
                    digits.count == 3
                    ? digits.map { "\($0)\($0)" }
                    : stride(from: 0, to: 6, by: 2).map { "\(digits[$0])\(digits[$0 + 1])" }
                colors[String(match.output.1)] = pairs.map { Double(Int($0, radix: 16) ?? 0) / 255 }
            }
        }
    }

    /// WCAG 2.2, "relative luminance".
    private static func luminance(_ color: [Double]) -> Double {
        let linear = color.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    private static func contrast(_ one: [Double], _ other: [Double]) -> Double {
        let (first, second) = (luminance(one), luminance(other))
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    @Test func theMeasureIsTheStandards() {
        #expect(abs(Self.contrast([0, 0, 0], [1, 1, 1]) - 21) < 0.001)
        #expect(Self.contrast([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) == 1)
        // #777 on white is the known near miss, #767676 the known pass.
        #expect(Self.contrast([119 / 255, 119 / 255, 119 / 255], [1, 1, 1]) < 4.5)
        #expect(Self.contrast([118 / 255, 118 / 255, 118 / 255], [1, 1, 1]) >= 4.5)
    }

    /// What is written on what, wherever a rule inherits one of the two.
    private static let written: [(text: String, ground: String)] = [
        ("ink", "ground"), ("ink", "card"), ("ink", "accent-soft"), ("soft", "ground"), ("soft", "card"),
        ("soft", "accent-soft"), ("accent", "ground"), ("accent", "card"), ("accent", "accent-soft"),
        ("accent-ink", "accent"), ("warn", "card"), ("warn", "warn-soft"),
    ]

    @Test(arguments: Scheme.allCases)
    func textIsReadable(_ scheme: Scheme) throws {
        let colors = try Self.palette(scheme)
        for pair in Self.written + Self.ruled {
            let (text, ground) = (try #require(colors[pair.text]), try #require(colors[pair.ground]))
            let ratio = Self.contrast(text, ground)
            #expect(ratio >= 4.5, "\(pair.text) on \(pair.ground), \(scheme): \(ratio)")
        }
    }

    /// The pairs that one rule of the sheet sets together: a new one is measured without being listed above.
    private static var ruled: [(text: String, ground: String)] {
        styleSheet.matches(of: /\{([^{}]*)\}/).compactMap { rule in
            let body = rule.output.1
            guard let text = body.firstMatch(of: /(?:^|;)color:var\(--([a-z-]+)\)/),
                let ground = body.firstMatch(of: /background(?:-color)?:var\(--([a-z-]+)\)/)
            else { return nil }
            return (String(text.output.1), String(ground.output.1))
        }
    }

    @Test func theSheetsOwnPairsAreFound() {
        #expect(Self.ruled.contains { $0 == ("accent-ink", "accent") })
        #expect(Self.ruled.contains { $0 == ("warn", "warn-soft") })
        // A colour outside the palettes would be measured by nobody; the code to scan is black on white in both.
        let bare = Self.styleSheet.split(separator: "\n").dropFirst(2).joined(separator: "\n")
        let literals = bare.matches(of: /#[0-9a-fA-F]{3,8}\b/).map { String($0.output) }
        #expect(literals == ["#fff"], "\(literals)")
    }

    @Test(arguments: Scheme.allCases)
    func edgesOfFieldsAndTheFocusAreSeen(_ scheme: Scheme) throws {
        let colors = try Self.palette(scheme)
        for (edge, ground) in [
            ("field", "ground"), ("field", "card"), ("accent", "ground"), ("accent", "card"), ("warn", "card"),
            ("warn", "ground"), ("accent", "accent-soft"),
        ] {
            let ratio = Self.contrast(try #require(colors[edge]), try #require(colors[ground]))
            #expect(ratio >= 3, "\(edge) on \(ground), \(scheme): \(ratio)")
        }
    }
}
