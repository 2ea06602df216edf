// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// A libtorch other than Debian's: `LIBTORCH=…/site-packages/torch swift build`.
let libtorch = ProcessInfo.processInfo.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }

let torchCompilerFlags =
  libtorch.map { ["-isystem\($0)/include", "-isystem\($0)/include/torch/csrc/api/include", "-O3"] }
  ?? ["-isystem/usr/include/torch/csrc/api/include", "-O3"]
/// In C++20 the compiler would read our C headers as modules, which the package manager does not build for C++.
let plainHeaders = libtorch == nil ? [] : ["-fno-cxx-modules"]
let torchLinkerFlags = libtorch.map { ["-L\($0)/lib", "-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"] } ?? []

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A Swift target in one of the wings of Sources, with the settings that all of ours share.
func module(
  _ name: String, in wing: String, _ dependencies: [Target.Dependency] = [], hashesItsSources: Bool = false
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(wing)/\(name)", swiftSettings: swiftSettings,
    plugins: hashesItsSources ? ["EmbedSourceDigest"] : [])
}

/// A module that is a wing by itself.
func wing(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], hashesItsSources: Bool = false
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(name)", exclude: exclude, swiftSettings: swiftSettings,
    plugins: hashesItsSources ? ["EmbedSourceDigest"] : [])
}

/// A C library of the system, described by a module map.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/Native/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// An executable of the project that is not a part of the command.
func tool(_ name: String, _ dependencies: [Target.Dependency] = [], path: String) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: path, exclude: exclude,
    swiftSettings: swiftSettings)
}

/// A C or C++ library behind a table of C functions, loaded only when it is first needed.
func onDemand(_ name: String, links libraries: [String], cxx: [String] = [], linker: [String] = []) -> [Target] {
  [
    .target(
      name: name, path: "Sources/Native/\(name)", cSettings: cxx.isEmpty ? [] : [.unsafeFlags(cxx)]),
    .target(
      name: "\(name)Implementation", dependencies: [.target(name: name)], path: "Sources/Native/\(name)Implementation",
      cxxSettings: cxx.isEmpty && libtorch == nil ? [] : [.unsafeFlags(cxx + plainHeaders)],
      linkerSettings: libraries.map { .linkedLibrary($0) } + (linker.isEmpty ? [] : [.unsafeFlags(linker)])),
  ]
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let domain: [Target.Dependency] = ["Core", "FileFormats", "Counting", "ArtifactTypes"]

let package = Package(
  name: "Colophon",
  products: [
    .executable(name: "colophon", targets: ["colophon"]),
    .library(name: "Colophon", type: .dynamic, targets: ["Colophon"]),
    .library(name: "ColophonTorch", type: .dynamic, targets: ["CTorchImplementation"]),
    .library(name: "ColophonVips", type: .dynamic, targets: ["CVipsImplementation"]),
    .library(name: "ColophonSentencePiece", type: .dynamic, targets: ["CSentencePieceImplementation"]),
    .library(name: "ColophonFastText", type: .dynamic, targets: ["CFastTextImplementation"]),
    .library(name: "ColophonICU", type: .dynamic, targets: ["CICUImplementation"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
  ],
  targets: [
    // Core and Native: what every module speaks, and C libraries behind plain C.
    wing("Core", [crypto], exclude: ["README.md"], hashesItsSources: true),
    module("LibraryLoading", in: "Native"),
    system("CMark", pkgConfig: "libcmark", apt: "libcmark-dev"),
    system("CGit2", pkgConfig: "libgit2", apt: "libgit2-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    .target(name: "CSandbox", path: "Sources/Native/CSandbox"),
    .target(name: "CSystemReads", path: "Sources/Native/CSystemReads"),

    // Foundations: one reader a format, counting in bounded memory, processes, text for people.
    module("FileFormats", in: "Foundations", ["Core", "CArchive"], hashesItsSources: true),
    module("Counting", in: "Foundations", ["Core", "FileFormats"]),
    module("Processes", in: "Foundations", ["Core", "CSandbox"]),
    module("TextFormatting", in: "Foundations", ["Core"]),

    // Store: what is kept, exchanged, signed and compared.
    module(
      "ArtifactStore", in: "Store",
      ["Core", "CGit2", "CZlib", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift"), crypto]),
    module("Attestation", in: "Store", ["Core", "Processes"]),
    module("Remotes", in: "Store", ["Core", "ArtifactStore", "Attestation", "Processes"]),
    module("Differences", in: "Store", ["Core", "FileFormats", "TextFormatting"]),

    // Experiment, the way of the data: Datasets → Metadata → Curation → Training → Evaluation.
    module("ArtifactTypes", in: "Experiment", ["Core", "FileFormats", "Counting"], hashesItsSources: true),
    module("Imaging", in: "Experiment", domain + ["CVips", "LibraryLoading"], hashesItsSources: true),
    module("Datasets", in: "Experiment", domain + ["Imaging", "CArchive"], hashesItsSources: true),
    module("Metadata", in: "Experiment", domain + ["CICU", "LibraryLoading"], hashesItsSources: true),
    module("Curation", in: "Experiment", domain + ["CFastText", "LibraryLoading"], hashesItsSources: true),
    module("Tensor", in: "Experiment", ["Core", "FileFormats", "CTorch", "LibraryLoading"]),
    module(
      "Training", in: "Experiment", domain + ["Processes", "Imaging", "Tensor", "CSentencePiece", "LibraryLoading"],
      hashesItsSources: true),
    module("Evaluation", in: "Experiment", domain + ["Imaging", "Tensor", "Training"], hashesItsSources: true),

    // Notebook: Markdown → program → run → report.
    module(
      "Notebook", in: "Notebook",
      [
        "Core", "CMark", "Yams", .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftDiagnostics", package: "swift-syntax"),
        .product(name: "SwiftParserDiagnostics", package: "swift-syntax"),
      ]),
    module("NotebookRuntime", in: "Notebook", ["Core", "ArtifactStore", "Processes"]),
    module("Charts", in: "Notebook", ["Core", "TextFormatting"], hashesItsSources: true),
    module("Report", in: "Notebook", ["Core", "FileFormats", "TextFormatting", "Notebook", "Charts", "Differences"]),
    module(
      "Driver", in: "Notebook",
      [
        "Core", "TextFormatting", "Processes", "ArtifactStore", "Attestation", "Differences", "Notebook",
        "NotebookRuntime",
        "Report",
      ]),

    // What a notebook imports, and the command.
    wing(
      "Colophon",
      domain + [
        "CSystemReads", "NotebookRuntime", "Charts", "Imaging", "Datasets", "Metadata", "Curation", "Training",
        "Evaluation",
      ]),
    tool(
      "colophon",
      domain + [
        "TextFormatting", "Processes", "ArtifactStore", "Attestation", "Remotes", "Differences", "Curation", "Notebook",
        "NotebookRuntime", "Report", "Driver", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Sources/CommandLine"),

    // The first program within a sandbox, and the further processes of a training: both lie beside the command.
    .executableTarget(name: "colophon-sandbox", dependencies: ["CSandbox"], path: "Sources/Tools/SandboxLauncher"),
    tool("colophon-train-worker", ["Training"], path: "Sources/Tools/TrainWorker"),

    // The digest of a built-in stage's code, computed at build time.
    tool("source-digest", path: "Sources/Tools/SourceDigest"),
    .plugin(name: "EmbedSourceDigest", capability: .buildTool(), dependencies: ["source-digest"]),

    // What `Benchmarks/run --only curation`, `--only store` and `--only training` measure.
    .target(
      name: "Measuring", dependencies: ["ArtifactTypes"], path: "Benchmarks/Measuring", swiftSettings: swiftSettings),
    tool("store-benchmark", ["Core", "ArtifactStore", "Remotes"], path: "Benchmarks/StoreBenchmark"),
    tool(
      "curation-benchmark", domain + ["Datasets", "Metadata", "Curation", "Measuring"],
      path: "Benchmarks/CurationBenchmark"),
    tool(
      "training-benchmark", domain + ["Tensor", "Training", "Evaluation", "Measuring"],
      path: "Benchmarks/TrainingBenchmark"),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
    tests("CoreTests", ["Core"]),
    tests("NotebookTests", ["Notebook", "Core"]),
    tests("ArtifactStoreTests", ["ArtifactStore", "Core"]),
    tests("AttestationTests", ["Attestation", "Core", "Processes"]),
    tests("RemotesTests", ["Remotes", "Attestation", "ArtifactStore", "Core", "Processes"]),
    tests("NotebookRuntimeTests", ["NotebookRuntime", "ArtifactStore", "Core"]),
    tests("ChartsTests", ["Charts", "TextFormatting", "Core"]),
    tests("DifferencesTests", ["Differences", "FileFormats", "TextFormatting", "Core"]),
    tests(
      "ReportTests", ["Report", "Notebook", "Charts", "TextFormatting", "Differences", "Core", "CMark"],
      exclude: ["Snapshots"]),
    tests("DatasetsTests", domain + ["Imaging", "Datasets", "Curation"]),
    tests("MetadataTests", domain + ["Metadata"]),
    tests("CurationTests", domain + ["Curation"]),
    tests("TensorTests", ["Tensor", "FileFormats", "Core"]),
    tests(
      "TrainingTests", domain + ["Imaging", "Training", "Tensor", "colophon-train-worker"], exclude: ["Golden"]),
    tests("EvaluationTests", domain + ["Imaging", "Evaluation", "Tensor"]),
    // The parsers that `Tests/Fuzzing/run` fuzzes, on the files that it began with and found.
    tests(
      "FuzzingTests",
      [
        "NotebookRuntime", "ArtifactStore", "Notebook", "Attestation", "Differences", "FileFormats", "Core",
        "Processes",
      ],
      path: "Tests/Fuzzing/Inputs"),
    tests("CommandTests", ["Core", "Processes", "Notebook", "NotebookRuntime", "Driver", "TextFormatting"]),
  ] + onDemand("CTorch", links: ["torch", "torch_cpu", "c10", "m"], cxx: torchCompilerFlags, linker: torchLinkerFlags)
    + onDemand(
      "CVips", links: ["vips", "gobject-2.0", "glib-2.0", "jpeg", "rsvg-2", "pango-1.0", "fontconfig"],
      cxx: ["-isystem/usr/include/glib-2.0"]
        + ["x86_64", "aarch64"].map { "-isystem/usr/lib/\($0)-linux-gnu/glib-2.0/include" })
    + onDemand("CSentencePiece", links: ["sentencepiece", "sentencepiece_train"])
    + onDemand("CFastText", links: ["fasttext"])
    + onDemand("CICU", links: ["icuuc", "icui18n"]),
  cxxLanguageStandard: libtorch == nil ? .cxx17 : .cxx20
)
