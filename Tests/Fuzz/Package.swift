// swift-tools-version: 6.2
import PackageDescription

/// As in the package that is tested. Beyond it: a target may look inside another, and the standard library checks its
/// bounds although the optimiser runs, which moves no code from one target into another.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enable-testing", "-assert-config", "Debug", "-disable-cmo"]),
]

/// What is tested and nothing else, so that libFuzzer follows the ways that an input takes there.
let tested = settings + [.unsafeFlags(["-sanitize=fuzzer"])]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")

let package = Package(
    name: "twinlock-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // Links to the sources: flags like these reach no target of another package.
        .target(name: "TwinlockVarlink", dependencies: [nioCore], swiftSettings: tested),
        .target(
            name: "TwinlockInterface",
            dependencies: ["TwinlockVarlink"],
            resources: [.embedInCode("Varlink")],
            swiftSettings: tested
        ),
        .target(name: "TwinlockOTP", dependencies: [crypto], swiftSettings: tested),
        .target(name: "TwinlockSettings", swiftSettings: tested),
        // The tokens' part of the service.
        .target(name: "Tokens", dependencies: ["TwinlockOTP", "TwinlockVarlink", crypto], swiftSettings: tested),

        // What the targets share.
        .target(name: "CFuzz"),
        .target(
            name: "FuzzSupport",
            dependencies: ["CFuzz", "TwinlockInterface", "TwinlockVarlink", nioCore, nioEmbedded],
            swiftSettings: settings
        ),

        // The targets.
        .executableTarget(
            name: "framer",
            dependencies: ["FuzzSupport", "TwinlockVarlink"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "json",
            dependencies: ["FuzzSupport", "TwinlockVarlink"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "dispatch",
            dependencies: ["FuzzSupport", "TwinlockInterface", "TwinlockVarlink", nioCore, nioEmbedded],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "client",
            dependencies: ["FuzzSupport", "TwinlockInterface", "TwinlockVarlink", nioCore, nioEmbedded],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "codes",
            dependencies: ["FuzzSupport", "Tokens", "TwinlockOTP", "TwinlockVarlink"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "settings",
            dependencies: ["FuzzSupport", "TwinlockSettings"],
            swiftSettings: settings
        ),
    ]
)
