package import Core
internal import FileFormats
internal import TextFormatting

extension Comparison {
  /// An artifact as lines of text, for tools that compare lines, such as git: a row, a value, a tensor or a language a line, in an order that
  /// does not move when something is added.
  ///
  /// Files of more than `sizeLimit` bytes and of formats without lines are named by size and digest.
  /// - Parameter limit: how many lines at the most.
  /// - Throws: ``OperationError`` for a file that is not what its format says; what the store throws.
  package static func listing(of content: ArtifactContent, format: String, limit: Int = 500, sizeLimit: Int64 = 1 << 22)
    throws
    -> [String]
  {
    var lines: [String] = []
    for file in content.files {
      let kind = FileKind(of: file.name, format: format)
      let prefix = content.files.count == 1 ? "" : "\(TerminalWidth.safe(file.name)): "
      let isListed = kind.isListed && (file.byteCount <= sizeLimit || kind == .safetensors || kind == .npy)
      if isListed {
        lines += try listing(of: MappedFile(file), kind, limit: limit - lines.count).map {
          prefix + TerminalWidth.safe($0)
        }
      } else {
        lines.append("\(prefix)\(file.byteCount) bytes, SHA-256 \(file.digest.short)")
      }
      if lines.count >= limit {
        return Array(lines.prefix(limit)) + ["… (\(content.byteCount) bytes, SHA-256 \(content.digest.short))"]
      }
    }
    return lines
  }

  private static func listing(of file: MappedFile, _ kind: FileKind, limit: Int) throws -> [String] {
    switch kind {
    case .table:
      let table = try TableFile.read(file)
      let grid = Grid(table)
      return [grid.columns.joined(separator: " | ")]
        + grid.rows.prefix(limit).map { $0.map(\.words).joined(separator: " | ") }
    case .json:
      var lines: [String] = []
      flatten(try JSONDifference.parse(file), "", &lines, limit: limit)
      return lines
    case .npy:
      let array = try NPYFile.read(file)
      return ["\(array.typeName) \(array.shapeText)", "SHA-256 \(digest(file, array.range))"]
    case .safetensors:
      return try SafetensorsFile.read(file).tensors.prefix(limit).map { tensor in
        "\(tensor.name.shortened): \(tensor.typeName.shortened) \(tensor.shapeText), SHA-256 \(digest(file, tensor.range))"
      }
    case .svg:
      let text = String(decoding: file.bytes, as: UTF8.self)
      return text.split(separator: "<").prefix(limit).map {
        "<" + $0.split(whereSeparator: \.isNewline).joined(separator: " ")
      }
    default:
      var lines: [String] = []
      var reader = LineReader(file)
      while lines.count < limit, let line = reader.next() {
        lines.append(String(decoding: line.prefix(2000), as: UTF8.self))
      }
      return lines
    }
  }

  private static func digest(_ file: MappedFile, _ range: Range<Int>) -> String {
    var builder = DigestBuilder()
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 24) {
      let piece = start..<min(start + 1 << 24, range.upperBound)
      builder.update(file[piece])
      file.giveBack(piece)
    }
    return builder.digest.short
  }

  private static func flatten(_ value: JSONValue, _ path: String, _ lines: inout [String], limit: Int) {
    guard lines.count < limit else { return }
    switch value {
    case .object(let fields) where !fields.isEmpty:
      for (key, value) in fields { flatten(value, path.isEmpty ? key : "\(path).\(key)", &lines, limit: limit) }
    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() { flatten(element, "\(path)[\(index)]", &lines, limit: limit) }
    case .object: lines.append("\(path) {}")
    case .array: lines.append("\(path) []")
    case .string(let text): lines.append("\(path) “\(text)”")
    case .number(let text): lines.append("\(path) \(text)")
    case .boolean(let value): lines.append("\(path) \(value)")
    case .null: lines.append("\(path) null")
    }
  }
}

extension FileKind {
  /// Whether it has lines to show. Records of JSON Lines are too many: their tables tell of them.
  fileprivate var isListed: Bool {
    switch self {
    case .table, .json, .csv, .npy, .safetensors, .svg, .lines: true
    case .jsonLines, .picture, .tar, .bytes: false
    }
  }
}
