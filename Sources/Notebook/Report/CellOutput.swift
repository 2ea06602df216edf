internal import Core
internal import Notebook

/// A text, table, figure or group of pictures that a cell shows, with its number and the files that the Markdown
/// report needs for it.
enum CellOutput: Sendable {
  case text(String)
  case table(Table, caption: Caption?)
  case figure(SafeDrawing, alternative: String, caption: Caption?, file: String)
  /// The files are parallel to the pictures, `nil` for those of a type that a report does not show.
  case pictures([Picture], caption: Caption?, files: [String?])

  /// The text under a figure or above a table.
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
  /// The figures and pictures as files beside the Markdown report.
  private(set) var files: [RenderedReport.File] = []

  private var figures = 0
  private var tables = 0
  /// The names of ``files``.
  private var names: Set<String> = []

  init(_ document: NotebookDocument, _ record: RunRecord) {
    let outcomes = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    for cell in document.cells where cell.options.output {
      guard let outcome = outcomes[cell.id] else { continue }
      cells[cell.id] = outputs(of: cell, outcome)
    }
  }

  private mutating func outputs(of cell: Cell, _ outcome: CellOutcome) -> [CellOutput] {
    let name = "figures/\(Self.slug(cell))"
    // A cell's first figure and first table have its captions.
    var figureCaption = cell.options.figureCaption
    var tableCaption = cell.options.tableCaption
    var outputs: [CellOutput] = []

    for shown in outcome.shown.flatMap(Self.flat) {
      switch shown {
      case .text(let text): outputs.append(.text(text))
      case .table(let table):
        outputs.append(.table(table, caption: Self.number("Table", &tables, caption: Self.take(&tableCaption))))
      case .figure(var figure):
        if let alternative = cell.options.figureAlternative { figure.alternative = alternative }
        let drawing = SafeDrawing(figure)
        let file = add(name, "svg", bytes: drawing.file)
        let caption = Self.number("Figure", &figures, caption: Self.take(&figureCaption))
        outputs.append(.figure(drawing, alternative: figure.alternative, caption: caption, file: file))
      case .pictures(let pictures):
        let files = pictures.map { picture in
          PictureHTML.fileExtension(picture).map { add(name, $0, bytes: picture.bytes) }
        }
        let caption = Self.number("Figure", &figures, caption: Self.take(&figureCaption))
        outputs.append(.pictures(pictures, caption: caption, files: files))
      case .blocks: break
      }
    }
    return outputs
  }

  /// The parts of a presentation, without the blocks around them.
  private static func flat(_ presentation: Presentation) -> [Presentation] {
    if case .blocks(let parts) = presentation { parts.flatMap(flat) } else { [presentation] }
  }

  /// Adds a file under a name that no other has.
  /// - Returns: the name.
  private mutating func add(_ base: String, _ ending: String, bytes: [UInt8]) -> String {
    var name = "\(base).\(ending)"
    var count = 2
    while !names.insert(name).inserted {
      name = "\(base)-\(count).\(ending)"
      count += 1
    }
    files.append(RenderedReport.File(name: name, bytes: bytes))
    return name
  }

  private static func number(_ kind: String, _ count: inout Int, caption: String?) -> CellOutput.Caption? {
    guard let caption, !caption.isEmpty else { return nil }
    count += 1
    return CellOutput.Caption(number: "\(kind)\u{a0}\(count)", text: caption)
  }

  /// The caption at the first call, `nil` at the next ones.
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
