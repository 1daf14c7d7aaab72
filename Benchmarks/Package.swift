// swift-tools-version: 6.1
import PackageDescription

// One executable per subject. A package of its own, so that a plain build of the gateway stays small.

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "gatehouse", path: "..")],
    targets: [
        .executableTarget(
            name: "AuthorizationBench",
            dependencies: [.product(name: "Authorization", package: "gatehouse")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
