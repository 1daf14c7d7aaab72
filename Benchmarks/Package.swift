// swift-tools-version: 6.1
import PackageDescription

// One executable per subject. A package of its own, so that a plain build of the gateway stays small.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "gatehouse", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .executableTarget(
            name: "AuthorizationBench",
            dependencies: [.product(name: "Authorization", package: "gatehouse")], swiftSettings: strict),
        .executableTarget(
            name: "SyncBench",
            dependencies: [
                .product(name: "Gateway", package: "gatehouse"), .product(name: "Storage", package: "gatehouse"),
                .product(name: "Fixtures", package: "gatehouse"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
