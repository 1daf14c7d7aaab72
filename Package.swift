// swift-tools-version: 6.1
import PackageDescription

// The arrows between targets are the table in docs/architecture.md; TidyTests holds both to it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

// Compiled into the binary, so that the gateway is one file to install.
let pages = [
    "layout.mustache", "login.mustache", "password.mustache", "second-factor.mustache", "enrol-totp.mustache",
    "recovery-codes.mustache", "set-password.mustache", "message.mustache", "account.mustache", "admin.mustache",
    "outside.mustache", "access-request.mustache", "consent.mustache", "select-account.mustache", "form-post.mustache",
    "device.mustache",
    "admin-menu.mustache", "admin-value.mustache", "admin-action.mustache", "admin-field.mustache", "gatehouse.css",
    "live-check.js", "assessment.mustache",
]

// Of the frameworks that assessments are made by: compiled in as well.
let catalogues = ["soc2.yaml", "hipaa.yaml", "pci_dss.yaml", "iso27001.yaml", "gdpr.yaml", "sox.yaml"]

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .library(name: "GatehouseClient", targets: ["GatehouseClient"]),
        .library(name: "Authorization", targets: ["Authorization"]),
        // For the benchmarks, a package of their own; nothing here is promised to strangers.
        .library(name: "Governance", targets: ["Governance"]),
        .library(name: "Gateway", targets: ["Gateway"]),
        .library(name: "Storage", targets: ["Storage"]),
        .library(name: "Messaging", targets: ["Messaging"]),
        .library(name: "NKeys", targets: ["NKeys"]),
        .library(name: "Fixtures", targets: ["Fixtures"]),
        .library(name: "Passwords", targets: ["Passwords"]),
        .library(name: "LDAP", targets: ["LDAP"]),
        .library(name: "JOSE", targets: ["JOSE"]),
        .library(name: "OAuth", targets: ["OAuth"]),
        .library(name: "SAML", targets: ["SAML"]),
        .library(name: "CXMLSec", targets: ["CXMLSec"]),
        .library(name: "Providers", targets: ["Providers"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        system("CLDAP", pkgConfig: "ldap", apt: "libldap2-dev"),
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        system("CArgon2", pkgConfig: "libargon2", apt: "libargon2-dev"),
        system("CCrypt", pkgConfig: "libcrypt", apt: "libcrypt-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CNATS", pkgConfig: "libnats", apt: "libnats-dev"),
        system("CXMLSec", pkgConfig: "xmlsec1-openssl", apt: "libxmlsec1-dev"),

        library("Vocabulary"),
        library("Authorization", ["Vocabulary"]),
        library("Governance", ["Vocabulary", "Authorization"]),
        library("Identity", ["Vocabulary", crypto]),
        library("LDAP", ["CLDAP", "COpenSSL"]),
        library("JOSE", ["COpenSSL"]),
        library("OAuth", ["JOSE", "COpenSSL"]),
        library("SAML", ["CXMLSec", "COpenSSL"]),
        library("NKeys", ["JOSE", "COpenSSL"]),
        library("Messaging", ["Vocabulary", "JOSE", "NKeys", "CNATS"]),
        library("Passwords", ["Vocabulary", "CArgon2", "CCrypt", "COpenSSL", crypto]),
        library("Fetch", ["Vocabulary", "CCurl"]),
        library(
            "Providers", ["Vocabulary", "Identity", "Passwords", "Fetch", "LDAP", "JOSE", "OAuth", "SAML", logging]),
        library(
            "Storage",
            [
                "Vocabulary", "Identity", "Authorization", crypto, logging,
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        library(
            "Gateway",
            [
                "Vocabulary", "Authorization", "Governance", "Identity", "LDAP", "Passwords", "Fetch", "Providers",
                "Storage", "JOSE", "OAuth", "SAML", "NKeys", "Messaging", crypto, logging, "Yams",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: catalogues.map { .embedInCode("Compliance/Catalogues/\($0)") } + [
                .embedInCode("Policies/Templates/policy-templates.yaml")
            ]),
        library(
            "HTTPAPI",
            [
                "Vocabulary", "Authorization", "Governance", "Identity", "JOSE", "OAuth", "SAML", "NKeys", "Gateway",
                crypto, logging, nio,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: pages.map { .embedInCode("Pages/Templates/\($0)") }),
        library("GatehouseClient", [.product(name: "Hummingbird", package: "hummingbird"), logging]),
        library("DemoApp", ["GatehouseClient", nio, .product(name: "Hummingbird", package: "hummingbird")]),
        library("Fixtures", [crypto]),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Gateway", "HTTPAPI", "DemoApp", "GatehouseClient", "Governance", "Vocabulary", "Fixtures", "Fetch",
                "SAML", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),

        tests("VocabularyTests", ["Vocabulary"]),
        tests("AuthorizationTests", ["Authorization", "Vocabulary", "Fixtures"]),
        tests("GovernanceTests", ["Governance", "Authorization", "Vocabulary", "Fixtures"]),
        tests("IdentityTests", ["Identity", "Vocabulary", "Fixtures", crypto]),
        tests("LDAPTests", ["LDAP", "Fixtures"]),
        tests("JOSETests", ["JOSE"]),
        tests("OAuthTests", ["OAuth", "JOSE", "Fixtures"]),
        tests("SAMLTests", ["SAML"]),
        tests("NKeysTests", ["NKeys", "JOSE", "Fixtures"]),
        tests("MessagingTests", ["Messaging", "NKeys", "JOSE", "Vocabulary", "Fixtures"]),
        tests(
            "ProvidersTests",
            ["Providers", "Identity", "LDAP", "Fetch", "JOSE", "OAuth", "SAML", "Vocabulary", "Fixtures", logging]),
        tests("PasswordsTests", ["Passwords", "Vocabulary", "CArgon2", crypto]),
        tests("FetchTests", ["Fetch", "Vocabulary", "Fixtures"]),
        tests("StorageTests", ["Storage", "Identity", "Vocabulary", "Fixtures", crypto]),
        tests(
            "GatewayTests",
            [
                "Gateway", "Authorization", "Governance", "Identity", "LDAP", "NKeys", "Passwords", "Providers",
                "Storage",
                "Vocabulary", "Fixtures", "JOSE", "OAuth", crypto, logging,
            ]),
        tests(
            "HTTPAPITests",
            [
                "HTTPAPI", "Gateway", "Vocabulary", "Fixtures", logging, crypto,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests(
            "GatehouseClientTests",
            [
                "GatehouseClient", "DemoApp", "Fixtures", logging,
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        tests(
            "EndToEndTests",
            [
                "Authorization", "Gateway", "HTTPAPI", "Identity", "Storage", "Vocabulary", "Fetch", "Fixtures",
                "DemoApp", "GatehouseClient", "JOSE", "OAuth", "SAML", crypto, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests(
            "gatehouseTests",
            [
                "gatehouse", "Gateway", "Identity", "SAML", "Vocabulary", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests("TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)

// Under a sanitizer everything is compiled anew, and nothing that stands on NIO is looked at: `make sanitize` leaves it out.
if Context.environment["SANITIZE"] != nil {
    let kept: Set = [
        "CLDAP", "COpenSSL", "CArgon2", "CCrypt", "CXMLSec", "Vocabulary", "Authorization", "Governance", "Identity",
        "LDAP", "JOSE", "OAuth", "SAML", "NKeys", "Passwords", "Storage", "Fixtures", "VocabularyTests",
        "AuthorizationTests",
        "GovernanceTests", "IdentityTests", "LDAPTests", "JOSETests", "OAuthTests", "SAMLTests", "NKeysTests",
        "PasswordsTests", "StorageTests",
    ]
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll()
}
