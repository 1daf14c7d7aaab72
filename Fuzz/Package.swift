// swift-tools-version: 6.1
import PackageDescription

// Parsers under libFuzzer and AddressSanitizer: `make fuzz`. The sources are links to the real ones, so that every line
// of them is instrumented and nothing but them is built.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Without it a target of one file is taken for a script, with an entry point of its own.
let library: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["FuzzDriver"], swiftSettings: strict + library)
}

func system(_ name: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig)
}

let package = Package(
    name: "fuzz",
    targets: [
        system("CLDAP", pkgConfig: "ldap"),
        system("COpenSSL", pkgConfig: "openssl"),
        system("CArgon2", pkgConfig: "libargon2"),
        system("CCrypt", pkgConfig: "libcrypt"),
        system("CXMLSec", pkgConfig: "xmlsec1-openssl"),
        .target(name: "Vocabulary", swiftSettings: strict),
        .target(name: "LDAP", dependencies: ["CLDAP", "COpenSSL"], swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "OAuth", dependencies: ["JOSE", "COpenSSL"], swiftSettings: strict),
        .target(name: "SAML", dependencies: ["CXMLSec", "COpenSSL"], swiftSettings: strict),
        .target(name: "NKeys", dependencies: ["JOSE", "COpenSSL"], swiftSettings: strict),
        .target(name: "Authorization", dependencies: ["Vocabulary"], swiftSettings: strict),
        // Single files and folders of targets that would bring NIO, GRDB or BoringSSL with them.
        .target(name: "Wire", dependencies: ["Vocabulary", "JOSE"], swiftSettings: strict),
        .target(name: "JournalForm", dependencies: ["Vocabulary"], swiftSettings: strict),
        .target(
            name: "PasswordFormats", dependencies: ["Vocabulary", "CArgon2", "CCrypt", "COpenSSL"],
            swiftSettings: strict),
        .target(name: "FuzzDriver"),
        fuzz("FuzzDistinguishedName", ["LDAP"]),
        fuzz("FuzzLDAPTemplate", ["LDAP"]),
        fuzz("FuzzJOSE", ["JOSE"]),
        fuzz("FuzzOAuth", ["OAuth", "JOSE"]),
        fuzz("FuzzSAML", ["SAML"]),
        fuzz("FuzzSAMLMetadata", ["SAML"]),
        fuzz("FuzzSAMLBindings", ["SAML"]),
        fuzz("FuzzNKeys", ["NKeys", "JOSE"]),
        fuzz("FuzzIdentifier", ["Vocabulary"]),
        fuzz("FuzzTimestamp", ["Vocabulary"]),
        fuzz("FuzzNetwork", ["Vocabulary"]),
        fuzz("FuzzPasswordHash", ["PasswordFormats"]),
        fuzz("FuzzPattern", ["Authorization"]),
        fuzz("FuzzOriginalURI", ["Wire"]),
        fuzz("FuzzStrictJSON", ["Wire", "Vocabulary"]),
        fuzz("FuzzJournalRecord", ["JournalForm"]),
        fuzz("FuzzKeyEnvelope", ["JournalForm"]),
    ],
    swiftLanguageModes: [.v6]
)
