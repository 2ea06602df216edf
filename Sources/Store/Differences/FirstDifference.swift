internal import Core
internal import FileFormats

/// The first difference of two files that is more than numbers that are close, in words; `nil` where there is none.
enum FirstDifference {
  static func ofJSONLines(_ old: MappedFile, _ new: MappedFile, _ closeness: inout Closeness) throws -> String? {
    var first = LineReader(old)
    var second = LineReader(new)
    while true {
      let a = first.nextRecord()
      let b = second.nextRecord()
      guard let a else {
        guard let b else { return nil }
        return "line \(second.number)\(try label(b, second)) is new"
      }
      guard let b else { return "line \(first.number)\(try label(a, first)) is gone" }
      if a.hasBytes(of: b) { continue }
      let name = try label(a, first)
      _ = try label(b, second)
      do {
        if let difference = try JSONPairing.firstDifference(a, b, &closeness) {
          return "line \(first.number)\(name): \(difference)"
        }
      } catch let fault as JSONLexer.Fault {
        throw new.fault("read JSON Lines", at: "line \(second.number)", "\(fault)")
      }
    }
  }

  /// The record's first text in brackets, such as its id, and a check that it is JSON.
  private static func label(_ line: UnsafeRawBufferPointer, _ reader: LineReader) throws -> String {
    do {
      var lexer = JSONLexer(line)
      var label = ""
      while true {
        let token = try lexer.next()
        if case .end = token { return label }
        if case .string(let span) = token, label.isEmpty { label = " (\(JSONText.unescaped(span).shortened))" }
      }
    } catch let fault as JSONLexer.Fault {
      throw reader.file.fault("read JSON Lines", at: "line \(reader.number)", "\(fault)")
    }
  }

  static func ofJSON(_ old: MappedFile, _ new: MappedFile, _ closeness: inout Closeness) throws -> String? {
    for file in [old, new] {
      var lexer = JSONLexer(file.bytes)
      do {
        while true { if case .end = try lexer.next() { break } }
      } catch let fault as JSONLexer.Fault { throw file.fault("read JSON", "\(fault)") }
    }
    return try JSONPairing.firstDifference(old.bytes, new.bytes, &closeness)
  }

  static func ofCSV(_ old: MappedFile, _ new: MappedFile, _ closeness: inout Closeness) throws -> String? {
    var first = CSVReader(old)
    var second = CSVReader(new)
    var header: CSVReader.Record?
    var number = 0
    while true {
      let a = try first.next()
      let b = try second.next()
      guard let a else { return b.map { "row \(number) (\($0.text(0).shortened)) is new" } }
      guard let b else { return "row \(number) (\(a.text(0).shortened)) is gone" }
      let place = header == nil ? "the header" : "row \(number) (\(a.text(0).shortened))"
      guard a.cells.count == b.cells.count else { return "\(place): \(a.cells.count) → \(b.cells.count) cells" }
      for column in a.cells.indices where a.cells[column] != b.cells[column] {
        let isClose = a.cells[column].withUnsafeBytes { a in
          b.cells[column].withUnsafeBytes { closeness.accepts(a, $0) }
        }
        guard isClose ?? false else {
          let name = header.map { $0.text(column).shortened } ?? "column \(column + 1)"
          return "\(place): \(name) \(a.text(column).shortened) → \(b.text(column).shortened)"
        }
      }
      if header == nil { header = a }
      number += 1
    }
  }

  /// - Parameter ids: a file with a line for each row, which names them.
  static func ofArrays(_ old: MappedFile, _ new: MappedFile, ids: ContentFile?, _ closeness: inout Closeness) throws
    -> String?
  {
    let first = try NPYFile.read(old)
    let second = try NPYFile.read(new)
    guard let element = try difference(first, old, second, new, &closeness) else { return nil }
    guard let index = element.index, let rows = first.shape.first, rows > 0, let ids else { return element.words }
    let row = index / max(1, first.count / rows)
    let names = try MappedFile(ids)
    var lines = LineReader(names)
    while let line = lines.next() {
      if lines.number == row + 1 {
        return "row \(row) (\(String(decoding: line, as: UTF8.self).shortened)): \(element.words)"
      }
    }
    return element.words
  }

  static func ofTensors(_ old: MappedFile, _ new: MappedFile, _ closeness: inout Closeness) throws -> String? {
    let first = try SafetensorsFile.read(old)
    let second = try SafetensorsFile.read(new)
    let others = Dictionary(second.tensors.map { ($0.name, $0) }) { first, _ in first }
    for tensor in first.tensors {
      guard let other = others[tensor.name] else { return "tensor \(tensor.name.shortened) is gone" }
      if let element = try difference(tensor, old, other, new, &closeness) {
        return "tensor \(tensor.name.shortened): \(element.words)"
      }
    }
    let names = Set(first.tensors.map(\.name))
    if let added = second.tensors.first(where: { !names.contains($0.name) }) {
      return "tensor \(added.name.shortened) is new"
    }
    return first.metadata == second.metadata
      ? nil : "the header's texts: \(first.metadata) → \(second.metadata)".shortened
  }

  private static func difference(
    _ a: TensorSpan, _ old: MappedFile, _ b: TensorSpan, _ new: MappedFile, _ closeness: inout Closeness
  ) throws -> (words: String, index: Int?)? {
    guard a.shape == b.shape, a.typeName == b.typeName else {
      return ("\(a.typeName) \(a.shapeText) → \(b.typeName) \(b.shapeText)", nil)
    }
    let first = old[a.range]
    let second = new[b.range]
    guard let type = a.type else {
      return first.firstDifference(from: second).map {
        ("byte \($0) of its elements, of the type \(a.typeName.shortened)", nil)
      }
    }
    let blockSize = 1 << 16
    for start in stride(from: 0, to: a.count, by: blockSize) {
      let elements = start..<min(start + blockSize, a.count)
      let place = elements.lowerBound * type.size..<elements.upperBound * type.size
      defer {
        old.giveBack(a.range.lowerBound + place.lowerBound..<a.range.lowerBound + place.upperBound)
        new.giveBack(b.range.lowerBound + place.lowerBound..<b.range.lowerBound + place.upperBound)
      }
      if UnsafeRawBufferPointer(rebasing: first[place]).hasBytes(of: UnsafeRawBufferPointer(rebasing: second[place])) {
        continue
      }
      for index in elements where !type.accepts(first, second, index, &closeness) {
        return ("element \(a.indices(of: index)) \(type.text(first, index)) → \(type.text(second, index))", index)
      }
    }
    return nil
  }

  static func ofLines(_ old: MappedFile, _ new: MappedFile) -> String? {
    var first = LineReader(old)
    var second = LineReader(new)
    while true {
      let a = first.next()
      let b = second.next()
      guard let a else { return b.map { "line \(second.number) is new: \(words($0))" } ?? ofBytes(old, new) }
      guard let b else { return "line \(first.number) is gone: \(words(a))" }
      if !a.hasBytes(of: b) { return "line \(first.number): \(words(a)) → \(words(b))" }
    }
  }

  private static func words(_ line: UnsafeRawBufferPointer) -> String {
    "“\(String(decoding: line.prefix(400), as: UTF8.self).shortened)”"
  }

  static func ofBytes(_ old: MappedFile, _ new: MappedFile) -> String? {
    old.bytes.firstDifference(from: new.bytes).map { position in
      "byte \(position) (\(old.bytes.count) → \(new.bytes.count) bytes)"
    }
  }
}
