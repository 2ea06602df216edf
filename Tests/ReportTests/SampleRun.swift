import Core
import Notebook
import Report

/// A small notebook with everything in it, and a made-up record of its run.
enum SampleRun {
  static let notebook = """
    ---
    title: A small experiment
    subtitle: With all that a report can hold
    authors: [Asha Odhiambo, 山田 花子]
    date: 2026-11-23
    abstract: |
      Captions in *three* scripts, and what became of them. See [the paper][p].
    seed: 7
    ---

    # A small experiment

    Prose with **strong** words, `code`, a [link][p] and a value: `swift kept` pairs of `swift total`.

    [p]: https://example.org/paper "The paper"

    ## Curation

    ```swift
    //| label: curate
    //| tbl-cap: Pairs by language.
    // Long captions only.
    let long = try await LongCaptions(pairs: pairs, minimumWords: 5)()
    print("kept \\(long.count) \\"pairs\\"")
    table
    ```

    The value `swift broken` is missing; H<sub>2</sub>O is not.

    ```swift
    //| label: fig-score
    //| fig-cap: Accuracy by language.
    //| code-fold: true
    try Chart(scores).bars(category: "language", value: "top-1")
    ```

    - one
    - two

    ```swift
    //| echo: false
    //| fig-cap: "Kept pictures: 保留"
    pictures
    ```

    ## What fails

    ```swift
    let ratio = try divide(1, by: 0)
    ```

    ```swift
    //| label: last
    print(ratio)
    ```

    ```swift
    //| eval: false
    neverRun()
    ```

    """

  static let table = Table(
    columns: [.init("language"), .init("pairs"), .init("top-1", style: .percent(1))],
    rows: [
      ["English", 12_345, .interval(0.231, low: 0.212, high: 0.251)], ["العربية", 678, 0.5], ["हिन्दी", 9, .empty],
    ])

  static let drawing = Figure(
    svg:
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"><rect "
      + "width=\"10\" height=\"5\" fill=\"#4477aa\"/></svg>",
    alternative: "A rectangle")

  static func digest(_ text: String) -> Digest { Digest(of: text) }

  static var record: RunRecord {
    RunRecord(
      notebook: "small.md", started: 1_700_000_000, seconds: 4, environment: ["system": "Debian 12", "swift": "6.3.1"],
      cells: [
        CellOutcome(id: 1, state: .done, printed: "kept 2 \"pairs\"\n", shown: [.table(table)], seconds: 1),
        CellOutcome(id: 2, state: .done, shown: [.figure(drawing)], seconds: 0.1),
        CellOutcome(
          id: 3, state: .done,
          shown: [
            .blocks([
              .pictures([
                Picture(bytes: [0x89, 0x50], mediaType: "image/png", caption: "قطة"),
                Picture(bytes: [0xFF, 0xD8], mediaType: "image/jpeg", caption: "猫"),
              ]), .text("two pictures"),
            ])
          ], seconds: 0.1),
        CellOutcome(
          id: 4, state: .failed(Diagnostic(.error, "cannot divide 1 by 0", file: "small.md", line: 49, column: 17))),
        CellOutcome(id: 5, state: .skipped(because: 4)), CellOutcome(id: 6, state: .notEvaluated),
      ],
      inlines: [
        InlineOutcome(id: 1, text: "2"), InlineOutcome(id: 2, text: "13 032"),
        InlineOutcome(id: 3, text: nil, failure: "broken threw: no such file"),
      ],
      stages: [
        stage("ReadPairs", "pairs", line: 5, output: "pairs", state: .cached, components: []),
        stage(
          "LongCaptions", "long", line: 5, output: "long", state: .ran,
          components: [KeyComponent(name: "pairs", kind: .artifact, digest: digest("pairs"), display: "pairs/1")]),
      ])
  }

  static func stage(
    _ name: String, _ artifact: String, cell: Int = 1, line: Int, output: String, state: StageOutcome.State,
    components: [KeyComponent]
  ) -> StageOutcome {
    StageOutcome(
      place: CellPlace(cell: cell, line: line), stage: name, artifact: artifact, key: digest("key " + artifact),
      components: [KeyComponent(name: name, kind: .code, digest: digest("code " + name), display: "")] + components
        + [KeyComponent(name: "minimumWords", kind: .parameter, digest: digest("5"), display: "5")],
      state: state, reason: state == .ran ? "minimumWords changed: 4 → 5" : nil,
      output: OutputSummary(format: "pairs/1", digest: digest(output), byteCount: 1_500_000), computed: 1_699_999_000,
      cost: RunCost(
        seconds: 2.5, cpuSeconds: 4, peakMemoryBytes: 80 << 20,
        measurements: [Measurement(name: "throughput", value: 5200, unit: "pairs/s")],
        notes: ["3 records had no caption"]))
  }

  static func render(
    _ markdown: String = notebook, _ record: RunRecord = record, _ context: ReportContext = context
  ) -> RenderedReport {
    let (document, _) = NotebookDocument.parse(text: Array(markdown.utf8), file: "small.md")
    return ReportRenderer(document: document, record: record, context: context).render()
  }

  static var context: ReportContext {
    ReportContext(
      commands: [
        .init(purpose: "Run it again", line: "colophon run small.md"),
        .init(purpose: "Check it", line: "colophon verify small.md"),
      ],
      commit: "0123456789abcdef0123456789abcdef01234567", notebookDigest: digest(notebook))
  }
}
