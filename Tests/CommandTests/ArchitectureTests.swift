import Foundation
import Testing

/// The arrows between modules: what each may import. Everything points down.
@Suite struct ArchitectureTests {
  static let allowed: [String: Set<String>] = [
    "Provenance": ["Crypto", "Foundation", "Glibc"],
    "NativeLibraries": ["Glibc"],
    "Notebook": [
      "Provenance", "CMark", "Yams", "SwiftSyntax", "SwiftParser", "SwiftDiagnostics", "SwiftParserDiagnostics", "Foundation",
    ],
    "ArtifactStore": [
      "Provenance", "CGit2", "CZlib", "GRDB", "GRDBSQLite", "Crypto", "Foundation", "Glibc", "Synchronization", "Dispatch",
    ],
    "Attesting": ["Provenance", "Foundation", "Glibc"],
    "Sharing": ["Provenance", "ArtifactStore", "Attesting", "Foundation", "Glibc"],
    "Engine": ["Provenance", "ArtifactStore", "Foundation", "Glibc", "Synchronization"],
    "Figures": ["Provenance", "Foundation"],
    "Comparison": ["Provenance", "Foundation", "Glibc", "Synchronization", "Dispatch"],
    "Report": ["Provenance", "Notebook", "Figures", "Comparison", "CMark", "Foundation"],
    "Sandbox": ["CSandbox", "Foundation", "Glibc", "Synchronization"],
    "Supervision": [
      "Provenance", "Notebook", "ArtifactStore", "Attesting", "Engine", "Report", "Sandbox", "Comparison", "Foundation", "Glibc",
      "Synchronization",
    ],
    "ArtifactTypes": ["Provenance", "Foundation", "Glibc", "Synchronization"],
    "Reading": [
      "Provenance", "ArtifactTypes", "NativeLibraries", "CVips", "CArchive", "Foundation", "Glibc", "Synchronization",
    ],
    "Datasets": [
      "Provenance", "ArtifactTypes", "Reading", "CArchive", "Foundation", "FoundationXML", "Glibc", "Synchronization", "Dispatch",
    ],
    "Metadata": [
      "Provenance", "ArtifactTypes", "NativeLibraries", "CICU", "Foundation", "Glibc", "Synchronization", "Dispatch",
    ],
    "Curation": [
      "Provenance", "ArtifactTypes", "NativeLibraries", "CFastText", "Foundation", "Glibc", "Synchronization", "Dispatch",
    ],
    "Tensor": ["NativeLibraries", "CTorch", "Foundation", "Glibc", "Synchronization"],
    "Training": [
      "Provenance", "ArtifactTypes", "Reading", "NativeLibraries", "Tensor", "CSentencePiece", "Foundation", "Glibc",
      "Synchronization", "Dispatch",
    ],
    "Evaluation": [
      "Provenance", "ArtifactTypes", "Reading", "Tensor", "Training", "Foundation", "Glibc", "Synchronization", "Dispatch",
    ],
    "Colophon": [
      "Provenance", "ArtifactTypes", "Engine", "Figures", "Reading", "Datasets", "Metadata", "Curation", "Training",
      "Evaluation",
    ],
    "CommandLine": [
      "Provenance", "ArtifactTypes", "Curation", "Notebook", "ArtifactStore", "Attesting", "Sharing", "Engine", "Comparison",
      "Report", "Sandbox",
      "Supervision",
      "ArgumentParser",
      "Foundation", "Glibc",
    ],
    "TrainWorker": ["Training"],
    "SourceDigest": ["Foundation"],
    "EmbedSourceDigest": ["PackagePlugin", "Foundation"],
  ]

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("A module imports only what lies below it", arguments: allowed.keys.sorted())
  func importsPointDown(module: String) throws {
    let folder = Self.root.appending(path: "Sources/\(module)")
    let allowed = try #require(Self.allowed[module])
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var seen = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      seen += 1
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"),
          words[..<position].allSatisfy({ ["public", "package", "internal", "@_exported", "@preconcurrency"].contains($0) }),
          position + 1 < words.count
        else { continue }
        let name = String(words[position + 1].split(separator: ".")[0])
        #expect(allowed.contains(name), "\(file.lastPathComponent) of \(module) imports \(name)")
      }
    }
    #expect(seen > 0)
  }

  @Test func everyModuleHasItsArrows() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.path + "/Sources")
    let swift = folders.filter { folder in
      !folder.hasPrefix("C") || ["Colophon", "CommandLine", "Comparison", "Curation"].contains(folder)
    }
    #expect(Set(swift) == Set(Self.allowed.keys))
  }
}
