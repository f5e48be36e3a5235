// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: imports are explicit and internal, warnings stop the build.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")

let package = Package(
    name: "twinlock",
    products: [
        .executable(name: "twinlockd", targets: ["twinlockd"]),
        .executable(name: "twinlock", targets: ["twinlock"]),
        .library(name: "TwinlockClient", targets: ["TwinlockClient", "TwinlockInterface", "TwinlockVarlink"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // The ground: arithmetic and rules, no clock, no socket, no store.
        .target(name: "TwinlockOTP", dependencies: [crypto], swiftSettings: settings),
        .target(name: "TwinlockAccounts", dependencies: ["TwinlockOTP"], swiftSettings: settings),
        .target(name: "TwinlockSealing", dependencies: ["TwinlockOTP", crypto], swiftSettings: settings),
        .target(
            name: "TwinlockKeyFile",
            dependencies: ["TwinlockOTP", "TwinlockSealing"],
            swiftSettings: settings
        ),
        .target(name: "TwinlockSettings", swiftSettings: settings),
        .target(name: "TwinlockLogging", dependencies: [logging], swiftSettings: settings),

        // What must outlive a kill.
        .target(name: "TwinlockStore", dependencies: ["TwinlockAccounts"], swiftSettings: settings),
        .target(
            name: "TwinlockStoreSQLite",
            dependencies: ["CSQLite", "TwinlockAccounts", "TwinlockOTP", "TwinlockStore"],
            swiftSettings: settings
        ),

        // The edge: bytes to calls, calls to methods.
        .target(name: "TwinlockVarlink", dependencies: [nioCore], swiftSettings: settings),
        .target(
            name: "TwinlockInterface",
            dependencies: ["TwinlockVarlink"],
            resources: [.embedInCode("Varlink")],
            swiftSettings: settings
        ),
        .target(name: "TwinlockQR", dependencies: ["CQREncode", "TwinlockVarlink"], swiftSettings: settings),
        .target(
            name: "TwinlockService",
            dependencies: [
                "TwinlockAccounts", "TwinlockInterface", "TwinlockOTP", "TwinlockQR", "TwinlockSealing",
                "TwinlockStore", "TwinlockVarlink", crypto, logging,
            ],
            swiftSettings: settings
        ),

        // For programs of others: a connection to the daemon. Knows the network, beside the executables the only one to.
        .target(
            name: "TwinlockClient",
            dependencies: ["CTwinlockLinux", "TwinlockInterface", "TwinlockVarlink", nioCore, nioPosix],
            swiftSettings: settings
        ),

        // The executables: the only ones that know the clock, the network and the environment.
        .executableTarget(
            name: "twinlockd",
            dependencies: [
                "CTwinlockLinux", "TwinlockAccounts", "TwinlockKeyFile", "TwinlockLogging", "TwinlockOTP",
                "TwinlockSealing", "TwinlockService", "TwinlockSettings", "TwinlockStore", "TwinlockStoreSQLite",
                "TwinlockVarlink",
                logging, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .target(name: "TwinlockTerminal", dependencies: ["TwinlockVarlink"], swiftSettings: settings),
        .executableTarget(
            name: "twinlock",
            dependencies: [
                "CTwinlockLinux", "TwinlockClient", "TwinlockInterface", "TwinlockOTP", "TwinlockQR",
                "TwinlockSettings",
                "TwinlockTerminal", "TwinlockVarlink", nioCore, nioPosix,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // Doors to C.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .target(name: "CTwinlockLinux"),

        // Tests.
        .target(
            name: "TwinlockTesting",
            dependencies: ["TwinlockAccounts", "TwinlockOTP", "TwinlockStore"],
            path: "Tests/TwinlockTesting",
            swiftSettings: settings
        ),
        .testTarget(name: "TwinlockOTPTests", dependencies: ["TwinlockOTP", crypto], swiftSettings: settings),
        .testTarget(
            name: "TwinlockAccountsTests",
            dependencies: ["TwinlockAccounts", "TwinlockOTP", "TwinlockTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockSealingTests",
            dependencies: ["TwinlockSealing", "TwinlockOTP"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockKeyFileTests",
            dependencies: ["TwinlockKeyFile", "TwinlockOTP", "TwinlockSealing"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockLoggingTests",
            dependencies: ["TwinlockLogging", logging],
            swiftSettings: settings
        ),
        .testTarget(name: "TwinlockSettingsTests", dependencies: ["TwinlockSettings"], swiftSettings: settings),
        .testTarget(
            name: "TwinlockStoreTests",
            dependencies: [
                "CSQLite", "TwinlockAccounts", "TwinlockOTP", "TwinlockStore", "TwinlockStoreSQLite", "TwinlockTesting",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockVarlinkTests",
            dependencies: ["TwinlockOTP", "TwinlockVarlink", nioCore, nioEmbedded],
            swiftSettings: settings
        ),
        // Started by Tests/protocol, where other people's clients talk to it.
        .executableTarget(
            name: "varlink-certification",
            dependencies: ["CTwinlockLinux", "TwinlockVarlink", nioCore, nioPosix],
            path: "Tests/VarlinkCertification",
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockInterfaceTests",
            dependencies: ["TwinlockInterface", "TwinlockVarlink"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockClientTests",
            dependencies: [
                "TwinlockClient", "TwinlockInterface", "TwinlockTesting", "TwinlockVarlink", nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockCommandTests",
            dependencies: ["TwinlockInterface", "TwinlockOTP", "TwinlockTerminal", "TwinlockVarlink", "twinlock"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockQRTests",
            dependencies: ["TwinlockQR", "TwinlockVarlink"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TwinlockServiceTests",
            dependencies: [
                "TwinlockAccounts", "TwinlockInterface", "TwinlockKeyFile", "TwinlockOTP", "TwinlockQR",
                "TwinlockSealing", "TwinlockService", "TwinlockStore", "TwinlockStoreSQLite", "TwinlockTesting",
                "TwinlockVarlink",
                logging,
            ],
            swiftSettings: settings
        ),
    ]
)
