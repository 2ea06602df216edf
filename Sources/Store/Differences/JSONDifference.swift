internal import FileFormats
internal import TextFormatting

/// The changes in a JSON value: fields and elements by their paths.
struct JSONDifference {
  private let limits: DifferenceLimits
  private var rows: [ArtifactDifference.Row] = []
  private var added = 0
  private var gone = 0
  private var changed = 0

  private init(limits: DifferenceLimits) { self.limits = limits }

  /// Larger values are compared as text.
  private static let sizeLimit = 1 << 26

  static func of(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    guard files.both.allSatisfy({ $0.bytes.count <= sizeLimit }) else {
      return try TextDifference.of(files, limits: limits)
    }
    var work = JSONDifference(limits: limits)
    work.compare(try files.map { try JSONValue(parsing: $0) }, at: "")
    return work.finding
  }

  private var finding: Finding {
    let parts = NumberWords.list([
      (changed, changed == 1 ? "value changed" : "values changed"), (added, "new"), (gone, "gone"),
    ])
    var finding = Finding(
      headline: parts.isEmpty ? "the same value, written otherwise" : parts,
      counts: [.init("values changed", changed), .init("values new", added), .init("values gone", gone)])
    finding.add(
      ArtifactDifference.Section(
        "Values", columns: ["where", "before", "after", "change"], rows: rows,
        omitted: added + gone + changed - rows.count))
    return finding
  }

  private mutating func compare(_ values: Sides<JSONValue>, at path: String) {
    switch (values.old, values.new) {
    case (.object(let before), .object(let after)):
      compare(Sides(before, after)) { path.isEmpty ? $0 : "\(path).\($0)" }
    case (.array(let before), .array(let after)):
      if let first = Self.named(before), let second = Self.named(after) {
        return compare(Sides(first, second)) { "\(path)[\($0)]" }
      }
      for index in 0..<max(before.count, after.count) {
        compare(
          Sides(index < before.count ? before[index] : nil, index < after.count ? after[index] : nil),
          at: "\(path)[\(index)]")
      }
    default: if values.old != values.new { note(values.map { $0 }, at: path.isEmpty ? "the value" : path) }
    }
  }

  /// Compares a field or element that one side may not have.
  private mutating func compare(_ values: Sides<JSONValue?>, at path: String) {
    if let old = values.old, let new = values.new {
      compare(Sides(old, new), at: path)
    } else {
      note(values, at: path)
    }
  }

  /// Compares fields, or elements by their names; those of the old side come first.
  private mutating func compare(_ fields: Sides<[JSONValue.Field]>, path: (String) -> String) {
    var after = Dictionary(fields.new.map { ($0.name, $0.value) }) { first, _ in first }
    for field in fields.old {
      compare(Sides(field.value, after.removeValue(forKey: field.name)), at: path(field.name.shortened))
    }
    for field in fields.new where after.removeValue(forKey: field.name) != nil {
      note(Sides(nil, field.value), at: path(field.name.shortened))
    }
  }

  /// The fields whose texts name an element of an array; the first combination that all elements have is taken.
  private static let nameFields = [
    ["id"], ["artifact"], ["name"], ["code"], ["label"], ["key"], ["language"], ["language", "guessed"],
  ]

  /// The elements of an array by their names; `nil` when not all have a name of their own.
  private static func named(_ elements: [JSONValue]) -> [JSONValue.Field]? {
    for fields in nameFields {
      var names: Set<String> = []
      var found: [JSONValue.Field] = []
      for element in elements {
        let texts = fields.compactMap { element[$0]?.string }
        let name = texts.joined(separator: ", ")
        guard texts.count == fields.count, names.insert(name).inserted else { break }
        found.append(JSONValue.Field(name: name, value: element))
      }
      if found.count == elements.count { return found }
    }
    return nil
  }

  private mutating func note(_ values: Sides<JSONValue?>, at path: String) {
    switch (values.old, values.new) {
    case (nil, _): added += 1
    case (_, nil): gone += 1
    default: changed += 1
    }

    guard rows.count < limits.rows else { return }
    let texts = values.map { $0.map(Self.words) ?? "" }
    rows.append([
      .init(path), .init(texts.old, .gone), .init(texts.new, .added), .change(values.map { $0?.number }),
    ])
  }

  private static func words(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text.shortened
    case .string(let text): "“\(text.shortened)”"
    case .array(let elements): "[\(NumberText.count(elements.count, "element"))]"
    case .object(let fields):
      "{\(fields.prefix(6).map { $0.name.shortened }.joined(separator: ", "))\(fields.count > 6 ? ", …" : "")}"
    }
  }
}
