import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing

@Suite struct PageViewTests {
  private func run(
    _ files: [String: String], _ change: (inout ReadPageViews) -> Void = { _ in },
    report: @escaping @Sendable (StageContext.Report) -> Void = { _ in }
  ) async throws -> [String: [String]] {
    let root = try temporaryFolder()
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + name)) }
    var stage = ReadPageViews(InputFolder(root))
    change(&stage)
    let lists = try await stage.run(StageContext(scratch: try temporaryFolder(), threads: 2, report: report))
    var found: [String: [String]] = [:]
    for language in lists.languages { found[language] = try lists.texts(of: language).map { "\($0.text) \($0.count)" } }
    return found
  }

  /// One rule: the lines of a file, and the lists that they leave.
  @Test(
    arguments: [
      ("en Main_Page 42 0", ["en": ["Main Page 42"]]),
      ("en A 1 0\nen.m A 2 0", ["en": ["A 3"]]),
      ("en A 1 0\nen.b A 2 0\nen.m.d B 4 0\nen.zero A 8 0", ["en": ["A 11", "B 4"]]),
      (
        "zh-min-nan A 1 0\nzh-min-nan.m A 1 0\nbe-x-old B 1 0\nbe-tarask B 1 0",
        ["zh_min_nan": ["A 2"], "be_tarask": ["B 2"]]
      ),
      ("\"\" A 1 0\nen \"\" 1 0\nen B 0 0\nen C 1 0", ["en": ["C 1", "\"\" 1"].sorted()]),
      ("en Talk:A 5 0\nen A:b 5 0\nen : 5 0\nen C 1 0", ["en": ["C 1"]]),
      ("en A 5\nen A B 5 0\nen A x 0\nen A -5 0\nen C 1 0\n\nen", ["en": ["C 1"]]),
      ("en _A__b_ 1 0\nen ___ 9 0\nen \u{3000}c\u{A0} 2 0", ["en": ["c 2", "A  b 1"]]),
      ("en b 1 0\nen é 2 0\nen e\u{301} 2 0\nen a 1 0\nen B 1 0", ["en": ["e\u{301} 2", "é 2", "B 1", "a 1", "b 1"]]),
      ("tl A 1 0\nsh B 1 0\nals C 1 0", ["fil": ["A 1"], "sr_Latn": ["B 1"], "als": ["C 1"]]),
      ("commons.m A 1 0\nwww.w B 1 0", ["commons": ["A 1"], "www": ["B 1"]]),
    ] as [(String, [String: [String]])])
  func `Lines count as the reference counts them`(_ lines: String, _ lists: [String: [String]]) async throws {
    #expect(try await run(["pageviews-20240501-000000": lines + "\n"]) == lists)
  }

  @Test func `Only Wikipedia counts when asked for`() async throws {
    let lines = "en A 1 0\nen.m A 2 0\nen.b A 4 0\nen.m.d A 8 0\nen.zero A 16 0\ncommons.m A 1 0\nwww.w B 1 0\n"
    #expect(try await run(["pageviews-20240501-000000": lines]) { $0.wikipediaOnly = true } == ["en": ["A 19"]])
  }

  @Test func `Files are summed, rare titles can be left out, and broken lines are noted`() async throws {
    let notes = Mutex<[String]>([])
    let files = [
      "pageviews-20240501-000000": "de Hund 3 0\nde Katze 1 0\nbroken\n",
      "pageviews-20240501-010000": "de.m Hund 2 0\nde Maus 1 0",
      "pageviews-20240501-020000": "de Katze 1 0\n", "projectviews-20240501-000000": "de - 99 0\n",
    ]
    let note: @Sendable (StageContext.Report) -> Void = { report in
      if case .note(let text) = report { notes.withLock { $0.append(text) } }
    }
    #expect(try await run(files, report: note) == ["de": ["Hund 5", "Katze 2", "Maus 1"]])
    #expect(
      notes.withLock(\.self) == ["1 lines have no page views in them, for instance line 3 of pageviews-20240501-000000"]
    )
    #expect(try await run(files) { $0.minimumViews = 2 } == ["de": ["Hund 5", "Katze 2"]])
    #expect(try await run(["pageviews-1": "tl A 1 0\n"]) { $0.codes = .wikipedia } == ["tl": ["A 1"]])
  }

  @Test func `A folder without page views is an error`() async throws {
    await #expect(throws: OperationError.self) { try await run(["a.txt": "de Hund 3 0"]) }
    await #expect(throws: OperationError.self) { try await run(["pageviews-1": "nothing\n"]) }
  }
}
