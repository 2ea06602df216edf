package import Core
internal import FileFormats
internal import TextFormatting

extension Comparison {
  /// An artifact as lines of text, for tools that compare lines, such as git: a line for each row, value, tensor or
  /// language, in an order that does not move when something is added.
  ///
  /// Files of more than `sizeLimit` bytes and of formats without lines are named by size and digest.
  /// - Parameter limit: the most lines; one more says that there are others.
  /// - Throws: ``OperationError`` for a file that is not what its format says; the errors of the store.
  package static func listing(
    of content: ArtifactContent, format: String, limit: Int = 500, sizeLimit: Int64 = 1 << 22
  ) throws -> [String] {
    var lines: [String] = []
    for file in content.files {
      let kind = FileKind(of: file.name, format: format)
      let prefix = content.files.count == 1 ? "" : "\(TerminalWidth.safe(file.name)): "
      let isListed = kind.isListed && (file.byteCount <= sizeLimit || kind == .safetensors || kind == .npy)
      if isListed {
        let listed = try listing(of: MappedBytes(file), as: kind, limit: limit - lines.count)
        lines += listed.map { prefix + TerminalWidth.safe($0) }
      } else {
        lines.append("\(prefix)\(file.byteCount) bytes, SHA-256 \(file.digest.short)")
      }

      if lines.count >= limit {
        return Array(lines.prefix(limit)) + ["… (\(content.byteCount) bytes, SHA-256 \(content.digest.short))"]
      }
    }
    return lines
  }

  private static func listing(of file: MappedBytes, as kind: FileKind, limit: Int) throws -> [String] {
    switch kind {
    case .table:
      let grid = Grid(try TableFile.read(file))
      return [grid.columns.joined(separator: " | ")]
        + grid.rows.prefix(limit).map { $0.map(\.words).joined(separator: " | ") }

    case .json:
      var lines: [String] = []
      flatten(try JSONValue(parsing: file), at: "", into: &lines, limit: limit)
      return lines

    case .npy:
      let array = try TensorSpan(npy: file)
      return ["\(array.typeName) \(array.shapeText)", "SHA-256 \(digest(of: array))"]

    case .safetensors:
      return try TensorSpan.safetensors(file).tensors.prefix(limit).map { tensor in
        "\(tensor.name.shortened): \(tensor.words), SHA-256 \(digest(of: tensor))"
      }

    case .svg:
      let text = String(decoding: file.bytes, as: UTF8.self)
      return text.split(separator: "<").prefix(limit).map {
        "<" + $0.split(whereSeparator: \.isNewline).joined(separator: " ")
      }

    default:
      var lines: [String] = []
      var reader = MappedLines(file)
      while lines.count < limit, let line = reader.next() {
        lines.append(String(decoding: line.prefix(2000), as: UTF8.self))
      }
      return lines
    }
  }

  private static func digest(of tensor: TensorSpan) -> String {
    var builder = DigestBuilder()
    let bytes = tensor.bytes
    for start in stride(from: 0, to: bytes.count, by: 1 << 24) {
      let piece = start..<min(start + 1 << 24, bytes.count)
      builder.update(UnsafeRawBufferPointer(rebasing: bytes[piece]))
      tensor.giveBack(piece)
    }
    return builder.digest.short
  }

  private static func flatten(_ value: JSONValue, at path: String, into lines: inout [String], limit: Int) {
    guard lines.count < limit else { return }
    switch value {
    case .object(let fields) where !fields.isEmpty:
      for field in fields {
        let place = path.isEmpty ? field.name : "\(path).\(field.name)"
        flatten(field.value, at: place, into: &lines, limit: limit)
      }

    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() {
        flatten(element, at: "\(path)[\(index)]", into: &lines, limit: limit)
      }

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
  /// True when there are lines to show. Records of JSON Lines are too many; the tables in their artifacts count them.
  fileprivate var isListed: Bool {
    switch self {
    case .table, .json, .csv, .npy, .safetensors, .svg, .lines: true
    case .jsonLines, .picture, .tar, .bytes: false
    }
  }
}
