// swift-tools-version: 6.2
import PackageDescription

// The parsers of our own formats under libFuzzer, one program each. A package of its own, since all of its code is built with the
// fuzzer's counters: `Tests/Fuzzing/run` builds and starts it.

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

let inputs = ["Lock", "Record", "Chunk", "Frame", "Notebook", "Attestation", "Content"].map { "\($0)Input.swift" }

/// A program of one input; libFuzzer brings its `main`.
func fuzzer(_ name: String, of input: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Inputs",
    exclude: ["CorpusTests.swift"] + inputs.filter { $0 != "\(input).swift" }, sources: ["\(input).swift"],
    swiftSettings: swiftSettings + [.define("FUZZING"), .unsafeFlags(["-parse-as-library"])])
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "Colophon",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
  ],
  targets: [
    .systemLibrary(name: "CMark", pkgConfig: "libcmark"),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    module("Provenance", [crypto]),
    module(
      "ArtifactStore",
      [
        "Provenance", "CGit2", "CZlib", crypto, .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    module("Engine", ["Provenance", "ArtifactStore"]),
    module("Attesting", ["Provenance"]),
    module("Comparison", ["Provenance"]),
    module(
      "Notebook",
      [
        "Provenance", "CMark", "Yams", .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftDiagnostics", package: "swift-syntax"),
        .product(name: "SwiftParserDiagnostics", package: "swift-syntax"),
      ]),
    fuzzer("lock", of: "LockInput", ["Engine"]),
    fuzzer("record", of: "RecordInput", ["ArtifactStore"]),
    fuzzer("chunk", of: "ChunkInput", ["ArtifactStore"]),
    fuzzer("frame", of: "FrameInput", ["Engine"]),
    fuzzer("notebook", of: "NotebookInput", ["Notebook", "Provenance"]),
    fuzzer("attestation", of: "AttestationInput", ["Attesting"]),
    fuzzer("content", of: "ContentInput", ["Comparison", "Provenance"]),
  ]
)
