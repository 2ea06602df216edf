package import Core
package import Notebook

/// Renders a notebook and the record of its run as a report.
///
/// The page is one file that works offline: it loads nothing and has no script, and its Content-Security-Policy
/// forbids both. Equal notebooks, records and contexts give equal bytes. Everything from a notebook or a run is
/// treated as hostile: text is escaped, links lead to known schemes only, drawings are checked mark by mark or
/// shown as pictures.
package struct ReportRenderer: Sendable {
  private let document: NotebookDocument
  private let record: RunRecord
  private let context: ReportContext

  /// - Parameter record: of a run of this notebook, complete or not.
  package init(document: NotebookDocument, record: RunRecord, context: ReportContext = ReportContext()) {
    self.document = document
    self.record = record
    self.context = context
  }

  /// The report in both forms.
  package func render() -> RenderedReport {
    let prose = RenderedProse(document.markdown, values: values, pictures: context.pictures)
    let outputs = NumberedOutputs(document, record)
    let ledger = StageLedger(record)
    let page = ReportPage(
      document: document, record: record, context: context, prose: prose, outputs: outputs, ledger: ledger)
    let markdown = ReportMarkdown(
      document: document, record: record, context: context, prose: prose, outputs: outputs, ledger: ledger)
    return RenderedReport(html: page.html.string, markdown: markdown.text, files: outputs.files + prose.files)
  }

  /// The text in the place of each inline expression, by its number.
  private var values: [Int: RenderedProse.Value] {
    let outcomes = Dictionary(record.inlines.map { ($0.id, $0) }) { first, _ in first }
    let values = document.inlines.map { inline -> (Int, RenderedProse.Value) in
      let outcome = outcomes[inline.id]
      let origin = "\(inline.expression) — line \(inline.line)"
      if let text = outcome?.text {
        return (inline.id, .init(text: text, title: "Computed: \(origin)", isMissing: false))
      }
      let reason = outcome?.failure ?? "it was not evaluated"
      return (inline.id, .init(text: "no value", title: "\(origin): \(reason)", isMissing: true))
    }
    return Dictionary(values) { first, _ in first }
  }
}
