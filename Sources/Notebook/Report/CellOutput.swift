internal import Core
internal import Notebook

/// One thing that a cell shows, with its number and the files that it needs beside the Markdown report.
enum CellOutput: Sendable {
  case text(String)
  case table(Table, caption: Caption?)
  case figure(SafeDrawing, alternative: String, caption: Caption?, file: String)
  /// The files are parallel to the pictures, `nil` for those of a type that a report does not show.
  case pictures([Picture], caption: Caption?, files: [String?])

  /// What stands under a figure or above a table.
  struct Caption: Sendable, Hashable {
    /// `Figure 3`.
    var number: String
    var text: String
  }
}

/// The outputs of all cells, numbered in the order of the notebook.
struct NumberedOutputs: Sendable {
  /// By the cell's number.
  private(set) var cells: [Int: [CellOutput]] = [:]
  private(set) var files: [RenderedReport.File] = []

  private var figures = 0
  private var tables = 0
  private var names: Set<String> = []

  init(_ document: NotebookDocument, _ record: RunRecord) {
    let outcomes = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    for cell in document.cells where cell.options.output {
      guard let outcome = outcomes[cell.id] else { continue }
      var caption = cell.options.figureCaption
      var tableCaption = cell.options.tableCaption
      var outputs: [CellOutput] = []
      for shown in outcome.shown.flatMap(Self.flat) {
        switch shown {
        case .text(let text): outputs.append(.text(text))
        case .table(let table):
          outputs.append(.table(table, caption: Self.number("Table", &tables, Self.take(&tableCaption))))
        case .figure(var figure):
          if let alternative = cell.options.figureAlternative { figure.alternative = alternative }
          let drawing = SafeDrawing(figure)
          let file = add("figures/\(Self.slug(cell))", "svg", drawing.file)
          outputs.append(
            .figure(
              drawing, alternative: figure.alternative, caption: Self.number("Figure", &figures, Self.take(&caption)),
              file: file)
          )
        case .pictures(let pictures):
          let files = pictures.map { picture in
            PictureHTML.fileExtension(picture).map { add("figures/\(Self.slug(cell))", $0, picture.bytes) }
          }
          outputs.append(
            .pictures(pictures, caption: Self.number("Figure", &figures, Self.take(&caption)), files: files))
        case .blocks: break
        }
      }
      cells[cell.id] = outputs
    }
  }

  private static func flat(_ presentation: Presentation) -> [Presentation] {
    if case .blocks(let parts) = presentation { parts.flatMap(flat) } else { [presentation] }
  }

  private mutating func add(_ base: String, _ ending: String, _ bytes: [UInt8]) -> String {
    var name = "\(base).\(ending)"
    var count = 2
    while !names.insert(name).inserted {
      name = "\(base)-\(count).\(ending)"
      count += 1
    }
    files.append(RenderedReport.File(name: name, bytes: bytes))
    return name
  }

  private static func number(_ kind: String, _ count: inout Int, _ text: String?) -> CellOutput.Caption? {
    guard let text, !text.isEmpty else { return nil }
    count += 1
    return CellOutput.Caption(number: "\(kind)\u{a0}\(count)", text: text)
  }

  /// The caption, once: a cell's first figure has it.
  private static func take(_ caption: inout String?) -> String? {
    defer { caption = nil }
    return caption
  }

  /// A file name of the label's letters and digits; the cell's number where it has none.
  private static func slug(_ cell: Cell) -> String {
    let label = (cell.options.label ?? "").lowercased().unicodeScalars
    let kept = label.map { scalar -> Character in
      ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
    }
    let slug = String(kept).split(separator: "-").joined(separator: "-")
    return slug.isEmpty ? "cell-\(cell.id)" : String(slug.prefix(80))
  }
}
