import Foundation
import Testing

/// A notebook's stage may call everything that `import Colophon` brings, so its key covers all of it.
@Suite struct ExportedCodeTests {
  static let folder = ArchitectureTests.sources.appending(path: "Colophon")

  static func exported() throws -> Set<String> {
    let text = try String(contentsOf: folder.appending(path: "Colophon.swift"), encoding: .utf8)
    return Set(text.matches(of: /@_exported public import (\w+)/).map { String($0.1) })
  }

  @Test func `The key of a notebook's stage covers every exported module`() throws {
    let text = try String(contentsOf: Self.folder.appending(path: "NotebookRun+Library.swift"), encoding: .utf8)
    let covered = Set(
      text.matches(of: /\("(\w+)", (\w+)\.ModuleSources\.digest\)/).filter { $0.1 == $0.2 }.map { String($0.1) })

    #expect(try !Self.exported().isEmpty)
    #expect(try covered == Self.exported())
  }

  @Test func `Arranging a table is a part of an exported module`() throws {
    let files = try ArchitectureTests.swiftFiles(below: ArchitectureTests.sources).filter { file in
      try String(contentsOf: file, encoding: .utf8).contains("public func sorted(by column: String")
    }
    #expect(files.count == 1)
    let homes = Set(files.flatMap(\.pathComponents))
    #expect(try !homes.isDisjoint(with: Self.exported()))
  }

  @Test func `The runtime is not exported`() throws {
    #expect(try !Self.exported().contains("NotebookRuntime"))
  }
}
