internal import Core
internal import FileFormats

/// Finds the first difference of two files that is more than numbers that are close.
struct FirstDifference {
  let files: Sides<MappedBytes>
  /// A file with a line for each row of an array, which names them.
  let ids: ContentFile?
  /// The tolerance, and the largest difference of numbers so far.
  var closeness: Closeness

  /// The difference in words; `nil` where there is none.
  /// - Throws: ``OperationError`` when a file is not of its kind, as far as it was read.
  mutating func find(as kind: FileKind) throws -> String? {
    switch kind {
    case .jsonLines: try inJSONLines()
    case .json: try inJSON()
    case .table: try inTables()
    case .csv: try inCSV()
    case .npy: try inArrays()
    case .safetensors: try inCheckpoints()
    case .lines: inLines()
    case .svg, .picture, .tar, .bytes: inBytes()
    }
  }

  private mutating func inJSONLines() throws -> String? {
    var first = MappedLines(files.old, releases: true)
    var second = MappedLines(files.new, releases: true)
    while true {
      let a = first.nextRecord()
      let b = second.nextRecord()
      guard let a else {
        guard let b else { return nil }
        return "line \(second.number)\(try label(b, in: second)) is new"
      }
      guard let b else { return "line \(first.number)\(try label(a, in: first)) is gone" }
      if a.hasBytes(of: b) { continue }

      // Both lines are checked to be JSON, also after their first difference.
      let name = try label(a, in: first)
      _ = try label(b, in: second)
      if let difference = try JSONPairing.firstDifference(Sides(a, b), &closeness) {
        return "line \(first.number)\(name): \(difference)"
      }
    }
  }

  /// The record's first text in brackets, such as its id.
  /// - Throws: ``OperationError`` when the record is not JSON.
  private func label(_ line: UnsafeRawBufferPointer, in lines: MappedLines) throws -> String {
    do {
      var tokens = JSONTokens(line)
      var label = ""
      while true {
        let token = try tokens.next()
        if case .end = token { return label }
        if case .string(let span) = token, label.isEmpty { label = " (\(JSONText.text(span).shortened))" }
      }
    } catch let fault as JSONCursor.Fault {
      throw lines.file.fault("read JSON Lines", at: "line \(lines.number)", cause: "\(fault)")
    }
  }

  private mutating func inJSON() throws -> String? {
    // Both files are checked to be JSON, also after their first difference.
    for file in files.both {
      if let fault = JSONCursor.fault(in: file.bytes) { throw file.fault("read JSON", cause: "\(fault)") }
    }
    do { return try JSONPairing.firstDifference(files.map(\.bytes), &closeness) } catch let fault as JSONCursor.Fault {
      throw files.new.fault("read JSON", cause: "\(fault)")
    }
  }

  private mutating func inCSV() throws -> String? {
    var first = CSVReader(files.old.bytes, subject: files.old.name)
    var second = CSVReader(files.new.bytes, subject: files.new.name)
    var header: [String]?
    var number = 0
    func place(_ record: CSVReader.Record) -> String {
      header == nil ? "the header" : "row \(number) (\(record.texts[0].shortened))"
    }
    while true {
      let a = try first.next()
      let b = try second.next()
      guard let a else { return b.map { "\(place($0)) is new" } }
      guard let b else { return "\(place(a)) is gone" }

      // Equal records are not cut into cells.
      if !a.bytes.hasBytes(of: b.bytes), let found = difference(ofCells: Sides(a.cells, b.cells), header: header) {
        return "\(place(a)): \(found)"
      }
      if header == nil { header = a.texts }
      number += 1
    }
  }

  private mutating func difference(ofCells cells: Sides<[[UInt8]]>, header: [String]?) -> String? {
    let (old, new) = (cells.old, cells.new)
    guard old.count == new.count else { return "\(old.count) → \(new.count) cells" }
    for column in old.indices where old[column] != new[column] {
      let isClose = old[column].withUnsafeBytes { a in new[column].withUnsafeBytes { closeness.accepts(a, $0) } }
      if isClose ?? false { continue }
      let name = header.map { column < $0.count ? $0[column].shortened : "" } ?? "column \(column + 1)"
      let texts = cells.map { String(decoding: $0[column], as: UTF8.self).shortened }
      return "\(name) \(texts.old) → \(texts.new)"
    }
    return nil
  }

  private mutating func inTables() throws -> String? {
    let tables = try files.map { try TableFile.read($0) }
    if tables.old.columns != tables.new.columns {
      let names = tables.map { "\($0.columns.map(\.name))" }
      return "the columns: \(names.old) → \(names.new)".shortened
    }

    let rows = tables.map(\.rows)
    for (number, (before, after)) in zip(rows.old, rows.new).enumerated() {
      for (column, (a, b)) in zip(tables.old.columns, zip(before, after)) where !isClose(a, b) {
        return "row \(number + 1)\(before.label): \(column.name.shortened) \(a.words) → \(b.words)"
      }
    }

    let shared = min(rows.old.count, rows.new.count)
    if rows.old.count > shared { return "row \(shared + 1)\(rows.old[shared].label) is gone" }
    if rows.new.count > shared { return "row \(shared + 1)\(rows.new[shared].label) is new" }
    return nil
  }

  private mutating func isClose(_ a: Table.Cell, _ b: Table.Cell) -> Bool {
    switch (a, b) {
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.integer(let a), .integer(let b)): closeness.accepts(a, b)
    case (.number(let a), .number(let b)): closeness.accepts(a, b)
    case (.interval(let a, let low, let high), .interval(let b, let otherLow, let otherHigh)):
      closeness.accepts(a, b) && closeness.accepts(low, otherLow) && closeness.accepts(high, otherHigh)
    case (.empty, .empty): true
    default: false
    }
  }

  private mutating func inArrays() throws -> String? {
    let arrays = try files.map { try TensorSpan(npy: $0) }
    guard let element = difference(of: arrays) else { return nil }

    // The row's id comes before the element where rows have ids.
    guard let index = element.index, let rows = arrays.old.shape.first, rows > 0, let ids else { return element.words }
    let row = index / max(1, arrays.old.count / rows)
    let names = try MappedBytes(ids)
    var lines = MappedLines(names, releases: true)
    while let line = lines.next() {
      if lines.number == row + 1 {
        return "row \(row) (\(String(decoding: line, as: UTF8.self).shortened)): \(element.words)"
      }
    }
    return element.words
  }

  private mutating func inCheckpoints() throws -> String? {
    let checkpoints = try files.map { try TensorSpan.safetensors($0) }
    let (old, new) = (checkpoints.old, checkpoints.new)
    let others = Dictionary(new.tensors.map { ($0.name, $0) }) { first, _ in first }
    for tensor in old.tensors {
      guard let other = others[tensor.name] else { return "tensor \(tensor.name.shortened) is gone" }
      if let element = difference(of: Sides(tensor, other)) {
        return "tensor \(tensor.name.shortened): \(element.words)"
      }
    }

    let names = Set(old.tensors.map(\.name))
    if let added = new.tensors.first(where: { !names.contains($0.name) }) {
      return "tensor \(added.name.shortened) is new"
    }
    return old.metadata == new.metadata
      ? nil : "the header's texts: \(old.metadata) → \(new.metadata)".shortened
  }

  /// The first difference of two tensors, and its element's number where it is one of an element.
  private mutating func difference(of tensors: Sides<TensorSpan>) -> (words: String, index: Int?)? {
    let (a, b) = (tensors.old, tensors.new)
    guard a.shape == b.shape, a.typeName == b.typeName else { return ("\(a.words) → \(b.words)", nil) }
    let bytes = tensors.map(\.bytes)
    guard let type = a.type else {
      return bytes.old.firstDifference(from: bytes.new).map {
        ("byte \($0) of its elements, of the type \(a.typeName.shortened)", nil)
      }
    }

    var found: (words: String, index: Int?)?
    tensors.forEachBlock(of: 1 << 16) { elements, isEqual in
      if isEqual { return true }
      guard let index = elements.first(where: { !type.isClose(bytes, at: $0, &closeness) }) else { return true }
      let values = bytes.map { type.text($0, at: index) }
      found = ("element \(a.indices(of: index)) \(values.old) → \(values.new)", index)
      return false
    }
    return found
  }

  private func inLines() -> String? {
    func words(_ line: UnsafeRawBufferPointer) -> String { "“\(line.beginning.shortened)”" }
    var first = MappedLines(files.old, releases: true)
    var second = MappedLines(files.new, releases: true)
    while true {
      let a = first.next()
      let b = second.next()
      guard let a else { return b.map { "line \(second.number) is new: \(words($0))" } ?? inBytes() }
      guard let b else { return "line \(first.number) is gone: \(words(a))" }
      if !a.hasBytes(of: b) { return "line \(first.number): \(words(a)) → \(words(b))" }
    }
  }

  private func inBytes() -> String? {
    let bytes = files.map(\.bytes)
    return bytes.old.firstDifference(from: bytes.new).map { position in
      "byte \(position) (\(bytes.old.count) → \(bytes.new.count) bytes)"
    }
  }
}

extension [Table.Cell] {
  /// The row's first text in brackets.
  fileprivate var label: String {
    for case .text(let text) in self { return " (\(text.shortened))" }
    return ""
  }
}
