import Foundation
import Testing

/// The notebooks that come with the project.
@Suite struct NotebooksTests {
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: ArchitectureTests.root.path + "/Notebooks"))?
    .filter { $0.hasSuffix(".md") }.sorted() ?? []

  /// Small enough to be run by a test.
  static let small: Set<String> = ["first-steps.md"]

  @Test func thereAreNotebooks() {
    #expect(Self.names.contains("worldwide.md"))
    #expect(Set(Self.names).isSuperset(of: Self.small))
  }

  @Test("Every notebook compiles and can be planned", arguments: names)
  func plans(name: String) throws {
    let place = try CommandWorkplace()
    try FileManager.default.copyItem(
      at: ArchitectureTests.root.appending(path: "Notebooks/\(name)"), to: place.root.appending(path: name))
    let outcome = try place.colophon("plan", name)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.errors.contains("error:"), "\(outcome.errors)")
    #expect(outcome.output.contains("stages are current"))
    if name == "worldwide.md" { #expect(outcome.output.contains("TrainCLIP")) }
  }

  @Test("A small notebook runs, and runs from the store", arguments: small.sorted())
  func runs(name: String) throws {
    let place = try CommandWorkplace()
    try FileManager.default.copyItem(
      at: ArchitectureTests.root.appending(path: "Notebooks/\(name)"), to: place.root.appending(path: name))
    let first = try place.colophon("run", name)
    #expect(first.status == 0, "\(first.errors)")
    #expect(!CommandWorkplace.ran(first.errors).isEmpty)
    let second = try place.colophon("run", name)
    #expect(second.status == 0)
    #expect(CommandWorkplace.ran(second.errors).isEmpty)
  }
}
