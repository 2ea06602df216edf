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

/// A Swift target with the settings that all of ours share.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], hashesItsSources: Bool = false) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: swiftSettings,
    plugins: hashesItsSources ? ["EmbedSourceDigest"] : [])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: swiftSettings)
}

/// A C or C++ library behind a table of C functions, loaded only when it is first needed.
func onDemand(_ name: String, links libraries: [String], cxx: [String] = [], linker: [String] = []) -> [Target] {
  [
    .target(
      name: name, path: "Sources/\(name)", cSettings: cxx.isEmpty ? [] : [.unsafeFlags(cxx)]),
    .target(
      name: "\(name)Implementation", dependencies: [.target(name: name)],
      cxxSettings: cxx.isEmpty && libtorch == nil ? [] : [.unsafeFlags(cxx + plainHeaders)],
      linkerSettings: libraries.map { .linkedLibrary($0) } + (linker.isEmpty ? [] : [.unsafeFlags(linker)])),
  ]
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let domain: [Target.Dependency] = ["Provenance", "ArtifactTypes"]

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
    // What every module speaks.
    module("Provenance", [crypto]),
    module("NativeLibraries"),

    // The way of a notebook: Notebook → Engine → ArtifactStore → Report.
    .systemLibrary(name: "CMark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"])]),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    module(
      "Notebook",
      [
        "Provenance", "CMark", "Yams", .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftDiagnostics", package: "swift-syntax"),
        .product(name: "SwiftParserDiagnostics", package: "swift-syntax"),
      ]),
    module(
      "ArtifactStore",
      ["Provenance", "CGit2", "CZlib", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift"), crypto]),
    module("Attesting", ["Provenance"]),
    module("Sharing", ["Provenance", "ArtifactStore", "Attesting"]),
    module("Engine", ["Provenance", "ArtifactStore"]),
    module("Figures", ["Provenance"]),
    module("Comparison", ["Provenance"]),
    module("Report", ["Provenance", "Notebook", "Figures", "Comparison", "CMark"]),
    .target(name: "CSandbox"),
    .executableTarget(name: "colophon-sandbox", dependencies: ["CSandbox"], path: "Sources/CSandboxLauncher"),
    module("Sandbox", ["CSandbox"]),
    module(
      "Supervision",
      ["Provenance", "Notebook", "ArtifactStore", "Attesting", "Engine", "Report", "Sandbox", "Comparison"]),

    // The way of the data: Datasets → Metadata → Curation → Training → Evaluation.
    module("ArtifactTypes", ["Provenance"], hashesItsSources: true),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    module("Reading", domain + ["CVips", "CArchive", "NativeLibraries"]),
    module("Datasets", domain + ["Reading", "CArchive"], hashesItsSources: true),
    module("Metadata", domain + ["CICU", "NativeLibraries"], hashesItsSources: true),
    module("Curation", domain + ["CFastText", "NativeLibraries"], hashesItsSources: true),
    module("Tensor", ["CTorch", "NativeLibraries"]),
    module("Training", domain + ["Reading", "Tensor", "CSentencePiece", "NativeLibraries"], hashesItsSources: true),
    module("Evaluation", domain + ["Reading", "Tensor", "Training"], hashesItsSources: true),

    // What a notebook imports, and the command.
    module(
      "Colophon",
      [
        "Provenance", "ArtifactTypes", "Engine", "Figures", "Reading", "Datasets", "Metadata", "Curation", "Training",
        "Evaluation",
      ]),
    .executableTarget(
      name: "colophon",
      dependencies: [
        "Provenance", "ArtifactTypes", "Notebook", "ArtifactStore", "Attesting", "Sharing", "Engine", "Comparison", "Report",
        "Sandbox",
        "Supervision", "Curation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/CommandLine", swiftSettings: swiftSettings),

    // The further processes of a training, which look for their libraries beside themselves.
    .executableTarget(
      name: "colophon-train-worker", dependencies: ["Training"], path: "Sources/TrainWorker", swiftSettings: swiftSettings),

    // What `Benchmarks/run --only curation`, `--only store` and `--only training` measure.
    .target(
      name: "Measuring", dependencies: ["ArtifactTypes"], path: "Benchmarks/Measuring", swiftSettings: swiftSettings),
    .executableTarget(
      name: "store-benchmark", dependencies: ["Provenance", "ArtifactStore", "Sharing"], path: "Benchmarks/StoreBenchmark",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "curation-benchmark", dependencies: domain + ["Datasets", "Metadata", "Curation", "Measuring"],
      path: "Benchmarks/CurationBenchmark", swiftSettings: swiftSettings),
    .executableTarget(
      name: "training-benchmark", dependencies: domain + ["Tensor", "Training", "Evaluation", "Measuring"],
      path: "Benchmarks/TrainingBenchmark", swiftSettings: swiftSettings),

    // The digest of a built-in stage's code, computed at build time.
    .executableTarget(name: "source-digest", path: "Sources/SourceDigest", swiftSettings: swiftSettings),
    .plugin(
      name: "EmbedSourceDigest", capability: .buildTool(), dependencies: ["source-digest"], path: "Sources/EmbedSourceDigest"),

    tests("ProvenanceTests", ["Provenance"]),
    tests("NotebookTests", ["Notebook", "Provenance"]),
    tests("ArtifactStoreTests", ["ArtifactStore", "Provenance"]),
    tests("AttestingTests", ["Attesting", "Provenance"]),
    tests("SharingTests", ["Sharing", "Attesting", "ArtifactStore", "Provenance"]),
    tests("EngineTests", ["Engine", "ArtifactStore", "Provenance"]),
    tests("FiguresTests", ["Figures", "Provenance"]),
    tests("ComparisonTests", ["Comparison", "Provenance"]),
    tests("ReportTests", ["Report", "Notebook", "Figures", "Comparison", "Provenance", "CMark"], exclude: ["Snapshots"]),
    tests("DatasetsTests", domain + ["Reading", "Datasets"]),
    tests("MetadataTests", domain + ["Metadata"]),
    tests("CurationTests", domain + ["Curation"]),
    tests("TensorTests", ["Tensor"]),
    tests("TrainingTests", domain + ["Reading", "Training", "Tensor", "colophon-train-worker"], exclude: ["Golden"]),
    tests("EvaluationTests", domain + ["Reading", "Evaluation", "Tensor"]),
    // The parsers that `Tests/Fuzzing/run` fuzzes, on the files that it began with and found.
    tests(
      "FuzzingTests", ["Engine", "ArtifactStore", "Notebook", "Attesting", "Comparison", "Provenance"],
      path: "Tests/Fuzzing/Inputs"),
    tests("CommandTests", ["Provenance", "Notebook", "Engine", "Supervision"]),
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
