@testable import JOSE

/// Attacks on how a token is written.
enum FormAttacks {
    static let all = parts + spelling + json + size

    static let parts: [Attack] = [
        Attack("nothing", .malformedToken) { _ in "" }, Attack("a word", .malformedToken) { _ in "token" },
        Attack("two parts", .malformedToken) { target in
            try target.sound().split(separator: ".").prefix(2).joined(separator: ".")
        },
        Attack("four parts", .malformedToken) { try $0.sound() + ".AA" },
        Attack("a dot more", .malformedToken) { try $0.sound() + "." },
        Attack("a dot before", .malformedToken) { try "." + $0.sound() },
        Attack("five parts", .malformedToken) { try $0.sound() + ".AA.AA" },
        Attack("dots alone", .malformedHeader) { _ in ".." },
        Attack("a header alone", .malformedHeader) { _ in "e30.." },
        Attack("no header", .malformedHeader) { try $0.changed(part: 0) { _ in "" } },
        Attack("no payload", .invalidSignature) { try $0.changed(part: 1) { _ in "" } },
        Attack("the JSON form", .malformedToken) { target in
            let parts = try target.sound().split(separator: ".")
            return "{\"payload\":\"\(parts[1])\",\"protected\":\"\(parts[0])\",\"signature\":\"\(parts[2])\"}"
        },
        Attack("the payload of another token", .invalidSignature) { target in
            let other = try target.claiming(["sub": "mallory"]).split(separator: ".")[1]
            return try target.changed(part: 1) { _ in String(other) }
        },
        Attack("the header of another token", .invalidSignature) { target in
            let other = try JWT.sign(Target.claims, with: target.elliptic, type: nil).split(separator: ".")[0]
            return try target.changed(part: 0) { _ in String(other) }
        },
    ]

    static let spelling: [Attack] =
        (0...2).flatMap { part in
            [
                Attack("padding after part \(part)", .malformedBase64URL) { try $0.changed(part: part) { $0 + "=" } },
                Attack("a line break in part \(part)", .malformedBase64URL) {
                    try $0.changed(part: part) { $0.prefix(4) + "\n" + $0.dropFirst(4) }
                },
                Attack("a plus in part \(part)", .malformedBase64URL) {
                    try $0.changed(part: part) { "+" + $0.dropFirst() }
                },
                Attack("a letter beyond ASCII in part \(part)", .malformedBase64URL) {
                    try $0.changed(part: part) { $0 + "é" }
                },
            ]
        } + [
            Attack("stray bits in the signature", .malformedBase64URL) { target in
                // 64 bytes end in a character of which two bits count.
                try target.changed(part: 2) { $0.dropLast() + String(stray(after: $0.last)) }
            },
            Attack("a space before", .malformedBase64URL) { try " " + $0.sound() },
            Attack("a space after", .malformedBase64URL) { try $0.sound() + " " },
            Attack("a scheme before", .malformedBase64URL) { try "Bearer " + $0.sound() },
            Attack("a null after", .malformedBase64URL) { try $0.sound() + "\0" },
            Attack("percent signs", .malformedToken) { target in
                try target.sound().split(separator: ".").joined(separator: "%2E")
            },
            Attack("padding that was signed", .malformedBase64URL) { target in
                let body = Base64URL.encode(Target.claims.serialized) + "="
                return try target.signed(
                    Base64URL.encode(Array(#"{"alg":"ES256","kid":"ec"}"#.utf8)), body, by: target.elliptic)
            },
        ]

    /// Another character with the same counting bits: `Q`, `g` and `w` are followed by theirs.
    private static func stray(after last: Character?) -> Character {
        switch last {
        case "A": "B"
        case "Q": "R"
        case "g": "h"
        default: "x"
        }
    }

    static let json: [Attack] =
        [
            ("a header that is no JSON", "ES256", JOSEError.Reason.malformedJSON),
            ("a header that is a list", #"["ES256"]"#, .malformedJSON),
            ("a header that is a text", #""ES256""#, .malformedJSON),
            ("a header with something after it", #"{"alg":"ES256","kid":"ec"}x"#, .malformedJSON),
            ("two headers", #"{"alg":"ES256","kid":"ec"}{"alg":"none"}"#, .malformedJSON),
            ("a header with a byte order mark", "\u{FEFF}{\"alg\":\"ES256\",\"kid\":\"ec\"}", .malformedJSON),
            ("a header with a comment", #"{"alg":"ES256",/**/"kid":"ec"}"#, .malformedJSON),
            ("a header with single quotes", "{'alg':'ES256','kid':'ec'}", .malformedJSON),
            ("a header with a comma more", #"{"alg":"ES256","kid":"ec",}"#, .malformedJSON),
            ("a header with half a surrogate pair", #"{"alg":"ES256","kid":"ec","x":"\ud800"}"#, .malformedJSON),
        ].map { name, header, reason in Attack(name, reason) { try $0.header(header) } } + [
            Attack("a header that is no UTF-8", .malformedJSON) {
                try $0.header(Array(#"{"alg":"ES256","kid":"ec","x":""#.utf8) + [0xFF, 0x22, 0x7D])
            },
            Attack("a payload that is no JSON", .malformedJSON) { try $0.payload("alice") },
            Attack("a payload that is a list", .malformedJSON) { try $0.payload("[1]") },
            Attack("a payload that is a number", .malformedJSON) { try $0.payload("1") },
            Attack("a payload that is null", .malformedJSON) { try $0.payload("null") },
            Attack("an empty payload", .malformedJSON) { try $0.payload("") },
            Attack("a payload that is no UTF-8", .malformedJSON) {
                try $0.payload(Array(#"{"iss":""#.utf8) + [0xC3, 0x28, 0x22, 0x7D])
            },
            Attack("two issuers", .malformedJSON) {
                try $0.payload(#"{"iss":"https://issuer.example","iss":"https://evil.example"}"#)
            },
            Attack("two subjects, one of them escaped", .malformedJSON) {
                try $0.payload(#"{"sub":"alice","\u0073ub":"mallory"}"#)
            },
            Attack("two equal names further in", .malformedJSON) {
                try $0.payload(#"{"iss":"https://issuer.example","act":{"sub":"a","sub":"b"}}"#)
            },
            Attack("a payload with something after it", .malformedJSON) {
                try $0.payload(Target.claims.serialized + Array("{}".utf8))
            },
        ]

    private static func nest(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    static let size: [Attack] = [
        Attack("a deep header", .malformedJSON) {
            try $0.header("{\"alg\":\"ES256\",\"kid\":\"ec\",\"x\":\(nest(5_000))}")
        },
        Attack("a deep payload", .malformedJSON) { try $0.payload("{\"x\":\(nest(40_000))}") },
        Attack("a payload nested by one too much", .malformedJSON) { try $0.payload("{\"x\":\(nest(16))}") },
        Attack("deep objects", .malformedJSON) {
            try $0.payload(String(repeating: "{\"a\":", count: 10_000) + "1" + String(repeating: "}", count: 10_000))
        },
        Attack("a header of 17 kB", .tooLarge) {
            try $0.header("{\"alg\":\"ES256\",\"kid\":\"ec\",\"x\":\"\(String(repeating: "a", count: 17_000))\"}")
        },
        Attack("a token of 140 kB", .tooLarge) { try $0.payload("\"\(String(repeating: "a", count: 105_000))\"") },
        Attack("a megabyte of dots", .tooLarge) { _ in String(repeating: ".", count: 1_000_000) },
        Attack("a hundred thousand dots", .malformedToken) { _ in String(repeating: ".", count: 100_000) },
        Attack("a number of a thousand digits", .malformedJSON) {
            try $0.payload("{\"exp\":\(String(repeating: "9", count: 1_000))}")
        },
        Attack("ten thousand values", .malformedJSON) {
            try $0.payload("{\"x\":[\(Array(repeating: "1", count: 10_000).joined(separator: ","))]}")
        },
    ]
}
