// swift-tools-version: 6.1
import PackageDescription

// One executable per subject. A package of its own, so that a plain build of the gateway stays small.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func gatehouse(_ name: String) -> Target.Dependency { .product(name: name, package: "gatehouse") }
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

func bench(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: ["BenchTable"] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "gatehouse", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(name: "BenchTable", swiftSettings: strict),
        .target(name: "BenchServer", dependencies: ["BenchTable", gatehouse("Fixtures")], swiftSettings: strict),
        bench("AuthorizationBench", [gatehouse("Authorization"), gatehouse("Storage"), gatehouse("Fixtures")]),
        bench(
            "GovernanceBench",
            [
                gatehouse("Authorization"), gatehouse("Governance"), gatehouse("Storage"), gatehouse("Gateway"),
                gatehouse("Fixtures"), logging,
            ]),
        bench("ServerBench", ["BenchServer", gatehouse("Gateway"), gatehouse("Fixtures"), logging]),
        bench(
            "OAuthBench",
            [
                "BenchServer", gatehouse("Gateway"), gatehouse("Storage"), gatehouse("Passwords"), gatehouse("OAuth"),
                gatehouse("JOSE"), gatehouse("Fixtures"), logging,
            ]),
        bench(
            "LoginBench",
            [
                gatehouse("Gateway"), gatehouse("Passwords"), gatehouse("LDAP"), gatehouse("Providers"),
                gatehouse("Fixtures"), logging,
            ]),
        bench("TokenBench", [gatehouse("JOSE")]),
        bench(
            "NATSBench",
            [
                gatehouse("Gateway"), gatehouse("Governance"), gatehouse("Messaging"), gatehouse("NKeys"),
                gatehouse("Fixtures"), logging,
            ]),
        bench("SAMLBench", [gatehouse("SAML"), gatehouse("CXMLSec")]),
        bench("SyncBench", [gatehouse("Gateway"), gatehouse("Storage"), gatehouse("Fixtures"), logging]),
    ],
    swiftLanguageModes: [.v6]
)
