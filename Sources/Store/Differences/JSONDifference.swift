/// What changed in a JSON value: fields and elements by their paths.
struct JSONDifference {
  private let limits: DifferenceLimits
  private var rows: [[ArtifactDifference.Cell]] = []
  private var added = 0
  private var gone = 0
  private var changed = 0

  private init(limits: DifferenceLimits) { self.limits = limits }

  /// Larger values are compared as text.
  private static let sizeLimit = 1 << 26

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    guard max(old.bytes.count, new.bytes.count) <= sizeLimit else {
      return try TextDifference.fill(&difference, old, new, limits, title: title)
    }
    var work = JSONDifference(limits: limits)
    work.compare(try parse(old), try parse(new), "")
    let prefix = title.isEmpty ? "" : title + ": "
    let parts = NumberWords.list([
      (work.changed, work.changed == 1 ? "value changed" : "values changed"), (work.added, "new"), (work.gone, "gone"),
    ])
    difference.headline = prefix + (parts.isEmpty ? "the same value, written otherwise" : parts)
    difference.counts += [
      .init(prefix + "values changed", work.changed), .init(prefix + "values new", work.added),
      .init(prefix + "values gone", work.gone),
    ]
    guard !work.rows.isEmpty else { return }
    difference.sections.append(
      ArtifactDifference.Section(
        prefix + "Values", columns: ["where", "before", "after", "change"], rows: work.rows,
        omitted: work.added + work.gone + work.changed - work.rows.count))
  }

  static func parse(_ file: MappedFile) throws -> JSONValue {
    do { return try JSONValue(parsing: file.bytes) } catch let fault as JSONLexer.Fault {
      throw file.fault("read JSON", "\(fault)")
    }
  }

  private mutating func compare(_ old: JSONValue, _ new: JSONValue, _ path: String) {
    switch (old, new) {
    case (.object(let before), .object(let after)): compare(before, after, path)
    case (.array(let before), .array(let after)):
      if let first = Self.named(before), let second = Self.named(after) {
        return compare(first, second, path, inArray: true)
      }
      for index in 0..<max(before.count, after.count) {
        let place = "\(path)[\(index)]"
        if index >= before.count {
          note(place, nil, after[index])
        } else if index >= after.count {
          note(place, before[index], nil)
        } else {
          compare(before[index], after[index], place)
        }
      }
    default: if old != new { note(path.isEmpty ? "the value" : path, old, new) }
    }
  }

  private mutating func compare(
    _ old: [(key: String, value: JSONValue)], _ new: [(key: String, value: JSONValue)], _ path: String,
    inArray: Bool = false
  ) {
    func place(_ key: String) -> String {
      inArray ? "\(path)[\(key.shortened)]" : path.isEmpty ? key.shortened : "\(path).\(key.shortened)"
    }
    var after = Dictionary(new.map { ($0.key, $0.value) }) { first, _ in first }
    for (key, value) in old {
      if let other = after.removeValue(forKey: key) {
        compare(value, other, place(key))
      } else {
        note(place(key), value, nil)
      }
    }
    for (key, value) in new where after.removeValue(forKey: key) != nil { note(place(key), nil, value) }
  }

  /// The elements of an array by what names them; `nil` when something has no name of its own.
  private static func named(_ elements: [JSONValue]) -> [(key: String, value: JSONValue)]? {
    for fields in [
      ["id"], ["artifact"], ["name"], ["code"], ["label"], ["key"], ["language"], ["language", "guessed"],
    ] {
      var names: Set<String> = []
      var found: [(key: String, value: JSONValue)] = []
      for element in elements {
        let texts = fields.compactMap { field -> String? in
          if case .string(let text)? = element[field] { text } else { nil }
        }
        let name = texts.joined(separator: ", ")
        guard texts.count == fields.count, names.insert(name).inserted else { break }
        found.append((name, element))
      }
      if found.count == elements.count { return found }
    }
    return nil
  }

  private mutating func note(_ path: String, _ old: JSONValue?, _ new: JSONValue?) {
    switch (old, new) {
    case (nil, _): added += 1
    case (_, nil): gone += 1
    default: changed += 1
    }
    guard rows.count < limits.rows else { return }
    var change = ""
    if case .number(let a)? = old, case .number(let b)? = new, let a = Double(a), let b = Double(b) {
      change = NumberWords.change(a, b)
    }
    rows.append([
      .init(path), .init(old.map(Self.words) ?? "", .gone), .init(new.map(Self.words) ?? "", .added),
      .init(change, .changed),
    ])
  }

  private static func words(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text.shortened
    case .string(let text): "“\(text.shortened)”"
    case .array(let elements): "[\(NumberWords.many(elements.count, "element"))]"
    case .object(let fields):
      "{\(fields.prefix(6).map { $0.key.shortened }.joined(separator: ", "))\(fields.count > 6 ? ", …" : "")}"
    }
  }
}
