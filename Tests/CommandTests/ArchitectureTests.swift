import Foundation
import Testing

/// The rule of the wings: a module imports its own wing and those below it, and nothing beside or above.
@Suite struct ArchitectureTests {
  /// For each folder of Sources the folders that it may import from.
  static let wings: [String: Set<String>] = [
    "Core": [],
    "Native": [],
    "Foundations": ["Core", "Native"],
    "Store": ["Core", "Native", "Foundations"],
    "Experiment": ["Core", "Native", "Foundations"],
    "Notebook": ["Core", "Native", "Foundations", "Store"],
    // Native for the C library's functions that only a notebook's program replaces, and the command does not.
    "Colophon": ["Core", "Native", "Foundations", "Experiment", "Notebook"],
    "CommandLine": ["Core", "Foundations", "Store", "Experiment", "Notebook"],
    "Tools": ["Native", "Experiment"],
  ]

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let sources = root.appending(path: "Sources")

  @Test(arguments: wings.keys.sorted())
  func `A wing imports only what lies below it`(wing: String) throws {
    let homes = try Self.modules()
    let allowed = try #require(Self.wings[wing])
    var seen = 0
    for file in try Self.swiftFiles(below: Self.sources.appending(path: wing)) {
      seen += 1
      for name in try Self.imports(of: file) {
        // What is no module of ours is the toolchain's or a package's, which Package.swift names.
        guard let home = homes[name], home != wing else { continue }
        #expect(allowed.contains(home), "\(file.lastPathComponent) of \(wing) imports \(name) of \(home)")
      }
    }
    #expect(seen > 0)
  }

  @Test func `Every folder of Sources is a wing`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
    #expect(Set(folders) == Set(Self.wings.keys))
  }

  @Test func `Only one module imports each C library`() throws {
    var importers: [String: Set<String>] = [:]
    for file in try Self.swiftFiles(below: Self.sources) {
      let module = file.pathComponents.dropFirst(Self.sources.pathComponents.count).prefix(2).joined(separator: "/")
      for name in try Self.imports(of: file) where try Self.modules()[name] == "Native" && name.hasPrefix("C") {
        importers[name, default: []].insert(module)
      }
    }
    #expect(!importers.isEmpty)
    // libarchive is called where files are read and where they are written compressed.
    for (name, modules) in importers where name != "CArchive" {
      #expect(modules.count == 1, "\(name) is imported by \(modules.sorted())")
    }
  }

  // MARK: - Reading the sources

  /// The wing of each module.
  static func modules() throws -> [String: String] {
    var homes: [String: String] = [:]
    for wing in wings.keys {
      homes[wing] = wing
      let folder = sources.appending(path: wing)
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !name.contains(".") {
        homes[name] = wing
      }
    }
    return homes
  }

  static func swiftFiles(below folder: URL) throws -> [URL] {
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  static func imports(of file: URL) throws -> [String] {
    let modifiers: Set<Substring> = ["public", "package", "internal", "@_exported", "@preconcurrency"]
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), words[..<position].allSatisfy(modifiers.contains),
        position + 1 < words.count
      else { return nil }
      return String(words[position + 1].split(separator: ".")[0])
    }
  }
}
