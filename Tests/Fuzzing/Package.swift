// swift-tools-version: 6.2
import PackageDescription

// The parsers of our own formats under libFuzzer, one program each. A package of its own, since all of its code is
// built with the fuzzer's counters: `Tests/Fuzzing/run` builds and starts it.

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, in wing: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/" + (wing.map { "\($0)/" } ?? "") + name,
    exclude: wing == nil ? ["README.md"] : [], swiftSettings: swiftSettings)
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
    .systemLibrary(name: "CMark", path: "Sources/Native/CMark", pkgConfig: "libcmark"),
    .systemLibrary(name: "CGit2", path: "Sources/Native/CGit2", pkgConfig: "libgit2"),
    .systemLibrary(name: "CZlib", path: "Sources/Native/CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CArchive", path: "Sources/Native/CArchive", pkgConfig: "libarchive"),
    .target(name: "CSandbox", path: "Sources/Native/CSandbox"),
    module("Core", [crypto]),
    module("FileFormats", in: "Foundations", ["Core", "CArchive"]),
    module("Processes", in: "Foundations", ["Core", "CSandbox"]),
    module("TextFormatting", in: "Foundations", ["Core"]),
    module(
      "ArtifactStore", in: "Store",
      [
        "Core", "CGit2", "CZlib", crypto, .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    module("NotebookRuntime", in: "Notebook", ["Core", "ArtifactStore"]),
    module("Attestation", in: "Store", ["Core", "Processes"]),
    module("Differences", in: "Store", ["Core", "FileFormats", "TextFormatting"]),
    module(
      "Notebook", in: "Notebook",
      [
        "Core", "CMark", "Yams", .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftDiagnostics", package: "swift-syntax"),
        .product(name: "SwiftParserDiagnostics", package: "swift-syntax"),
      ]),
    fuzzer("lock", of: "LockInput", ["NotebookRuntime"]),
    fuzzer("record", of: "RecordInput", ["ArtifactStore"]),
    fuzzer("chunk", of: "ChunkInput", ["ArtifactStore"]),
    fuzzer("frame", of: "FrameInput", ["NotebookRuntime"]),
    fuzzer("notebook", of: "NotebookInput", ["Notebook", "Core"]),
    fuzzer("attestation", of: "AttestationInput", ["Attestation"]),
    fuzzer("content", of: "ContentInput", ["Differences", "Core"]),
  ]
)
