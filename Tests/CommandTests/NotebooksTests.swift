import Core
import Foundation
import Notebook
import Testing

/// The notebooks that come with the project.
@Suite struct NotebooksTests {
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: ArchitectureTests.root.path + "/Notebooks"))?
    .filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }.sorted() ?? []

  /// The notebooks that a test runs, with the parameters that make them small.
  static let samples: [String: [String]] = [
    "curation": ["sample=150"], "curse": ["sample=30", "seeds=1", "steps=2"], "first-steps": [],
  ]

  /// A project with a copy of the notebook, and the data that set-up has brought.
  func place(for name: String) throws -> CommandWorkplace {
    let place = try CommandWorkplace()
    try FileManager.default.copyItem(
      at: ArchitectureTests.root.appending(path: "Notebooks/\(name).md"), to: place.root.appending(path: "\(name).md"))
    let data = ArchitectureTests.root.appending(path: ".colophon/data")
    if FileManager.default.fileExists(atPath: data.path) {
      let cache = place.root.appending(path: ".colophon")
      try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: cache.appending(path: "data"), withDestinationURL: data)
    }
    return place
  }

  @Test func `There are notebooks`() {
    #expect(Self.names.contains("worldwide"))
    #expect(Set(Self.names).isSuperset(of: Self.samples.keys))
  }

  /// Its cells start the command themselves, also when it is planned: a test of its own runs it once.
  static let reviewing = "reviewing"

  @Test(arguments: names.filter { $0 != reviewing })
  func `Every notebook compiles and can be planned`(name: String) throws {
    let outcome = try place(for: name).colophon("plan", "\(name).md")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.errors.contains("error:"), "\(outcome.errors)")
    #expect(outcome.output.contains("stages are current"))
    if name == "worldwide" { #expect(outcome.output.contains("TrainCLIP")) }
  }

  @Test func `The review comes to its verdicts`() throws {
    let place = try place(for: Self.reviewing)
    try FileManager.default.copyItem(
      at: ArchitectureTests.root.appending(path: "Notebooks/curation.md"), to: place.root.appending(path: "curation.md")
    )
    let outcome = try place.colophon("run", "\(Self.reviewing).md", "--set", "sample=20", "--output", "review")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try place.read("Artifacts/review/report.md")
    #expect(report.contains("curation.md: identical"))
    #expect(report.contains("EveryNth changed because n 5 → 4"))
    #expect(report.contains("Exit status 1. "))
    #expect(report.contains(#/EveryNth.* diverged by itself/#))
    #expect(report.contains("Exit status 0. The statement"))
  }

  @Test(arguments: samples.keys.sorted())
  func `A small notebook runs without a gap, and again from the store`(name: String) throws {
    let place = try place(for: name)
    let command = ["run", "\(name).md", "--json"] + (Self.samples[name] ?? []).flatMap { ["--set", $0] }
    let first = try place.colophon(command)
    #expect(first.status == 0, "\(first.errors)")
    #expect(!CommandWorkplace.ran(first.errors).isEmpty)
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(first.output.utf8))
    let (document, _) = NotebookDocument.parse(text: Array(try place.read("\(name).md").utf8), file: "\(name).md")
    let showing = NotebookProgram(document).showingCells
    #expect(!record.cells.isEmpty && !showing.isEmpty)
    for cell in record.cells where cell.state != .notEvaluated {
      #expect(cell.state == .done, "cell \(cell.id)")
      #expect(
        !showing.contains(cell.id) || !cell.shown.isEmpty || !cell.printed.isEmpty, "cell \(cell.id) shows nothing")
    }
    #expect(record.inlines.count == document.inlines.count)
    for inline in record.inlines { #expect(inline.text != nil, "inline \(inline.id): \(inline.failure ?? "")") }
    let folders = try FileManager.default.contentsOfDirectory(atPath: place.root.path + "/Artifacts")
      .filter { $0 != "store.git" }
    #expect(folders.count == 1)
    let page = try place.read("Artifacts/\(folders.first ?? name)/report.html")
    #expect(!page.contains(#/class="value[^"]*missing/#) && !page.contains("This run is not complete"))
    let second = try place.colophon(command)
    #expect(second.status == 0)
    #expect(CommandWorkplace.ran(second.errors).isEmpty)
  }
}
