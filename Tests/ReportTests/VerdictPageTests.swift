import Core
import Differences
import Report
import Testing

/// The pages of `colophon verify --html` and `colophon diff --html`, whose every word can come from somebody else's
/// lock.
@Suite struct VerdictPageTests {
  @Test(arguments: HostileInputTests.attacks)
  func `Text of a verdict never becomes markup`(attack: String) {
    let page = VerdictPage(Self.verdict(attack)).html
    #expect(HostileInputTests.tags(page) == HostileInputTests.tags(VerdictPage(Self.verdict("plain")).html))
    #expect(HostileInputTests.forbidden(in: page) == [])
    #expect(
      page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""))
  }

  @Test(arguments: HostileInputTests.attacks)
  func `Text of a difference never becomes markup`(attack: String) throws {
    let page = try Self.differences(attack)
    #expect(HostileInputTests.tags(page) == HostileInputTests.tags(try Self.differences("plain")))
    #expect(HostileInputTests.forbidden(in: page) == [])
  }

  @Test(arguments: [(1, "1 stage was", "1 block of prose"), (2, "2 stages were", "2 blocks of prose")])
  func `Counts of one are in the singular`(count: Int, stages: String, blocks: String) {
    var verdict = Self.verdict("plain")
    verdict.executed = count
    verdict.agreeingProse = count
    let page = VerdictPage(verdict).html
    #expect(page.contains("\(stages) executed again") && page.contains(blocks))
  }

  // MARK: What is shown

  static func verdict(_ text: String) -> Verdict {
    let summary = OutputSummary(format: text, digest: SampleRun.digest("a"), byteCount: 1)
    let stages = Verdict.Outcome.allCases.map { outcome in
      var stage = Verdict.Stage(artifact: text, stage: text, cell: text, line: 3, outcome: outcome)
      stage.recorded = summary
      stage.fresh = summary
      stage.detail = text
      stage.onRecordedInputs = .diverged
      stage.onRecordedInputsDetail = text
      stage.keyChanges = [text, text]
      return stage
    }
    return Verdict(
      notebook: text, name: text, started: 0, seconds: 1, isSandboxed: false, executed: 6, isSample: true,
      stages: stages,
      findings: [
        .init(kind: .undeclaredRead, stage: text, subject: text, message: text, line: 1),
        .init(kind: .network, stage: text, subject: text, message: "another"),
      ],
      agreeingProse: 2, environment: ["a" + text: text, "b": text],
      environmentChanges: [.init(name: text, recorded: text, now: nil), .init(name: text, recorded: nil, now: text)])
  }

  /// A page of differences in rows, in lines and in values.
  static func differences(_ text: String) throws -> String {
    func content(_ text: String, _ name: String) -> ArtifactContent {
      ArtifactContent(bytes: Array(text.utf8), name: name)
    }
    let shown = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let lines = try Comparison.difference(
      of: content("x\n", "a.txt"), new: content("x\n\(shown)\n", "a.txt"), format: "file/txt", name: text)
    let quoted = "\"\(shown.replacing("\"", with: "\"\""))\""
    let rows = try Comparison.difference(
      of: content("\(quoted),n\n\(quoted),1\n", "a.csv"), new: content("\(quoted),n\n\(quoted),2\n", "a.csv"),
      format: "file/csv",
      name: text)
    return DifferencePage(title: text, differences: [lines, rows], notes: [text]).page
  }
}
