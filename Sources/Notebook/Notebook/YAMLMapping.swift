internal import Core
internal import Yams

/// A YAML mapping of known keys, whose faults have places in the notebook.
struct YAMLMapping {
  /// The entries with known keys, in order.
  private(set) var entries: [(key: String, value: Node, at: Place)] = []
  /// The faults so far.
  private(set) var diagnostics: [Diagnostic] = []

  /// A place in the notebook.
  struct Place {
    var line: Int
    var column: Int
  }

  private let file: String
  private let place: (Mark) -> Place
  private let start: Place

  /// - Parameters:
  ///   - yaml: the text of one document.
  ///   - firstLine: the notebook's line of the document's first line.
  ///   - columns: for each line, the number of bytes before it in the notebook's line; none where it is shorter.
  ///   - kind: the name of a key in a diagnostic, such as “front matter key”.
  ///   - known: the keys that the mapping may have.
  init(_ yaml: String, file: String, firstLine: Int, columns: [Int] = [], kind: String, known: [String]) {
    self.file = file
    start = Place(line: firstLine, column: 1)
    let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    place = { mark in
      // YAML reports a text that ends too early on the line after it, which the notebook may not have.
      let row = min(max(0, mark.line - 1), lines.count - 1)
      let text = String.UnicodeScalarView(lines[row].unicodeScalars.prefix(max(0, mark.column - 1)))
      return Place(
        line: firstLine + row, column: String(text).utf8.count + 1 + (row < columns.count ? columns[row] : 0))
    }

    do {
      guard let root = try Yams.compose(yaml: yaml) else { return }
      guard case .mapping(let mapping) = root else {
        if root.scalar?.string.isEmpty != true { report("expected “key: value” lines", at: root.mark) }
        return
      }
      for (node, value) in mapping {
        guard let key = node.scalar?.string else {
          report("a key must be a plain word", at: node.mark)
          continue
        }

        guard known.contains(key) else {
          let hint =
            nearest(to: key, among: known).map { "did you mean “\($0)”?" }
            ?? "known are \(known.joined(separator: ", "))"
          report("unknown \(kind) “\(key)”: \(hint)", at: node.mark)
          continue
        }
        entries.append((key, value, node.mark.map(place) ?? Place(line: firstLine, column: 1)))
      }
    } catch let error as YamlError {
      report(error)
    } catch {
      report("cannot read this YAML: \(error)", at: nil)
    }
  }

  private mutating func report(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      report("cannot read this YAML: \(problem); a value with “: ” or “#” in it needs quotation marks", at: mark)
    case .duplicatedKeysInMapping(let keys, let context):
      report("“\(keys.joined(separator: "”, “"))” is given more than once: keep one", at: context.mark)
    case .reader(let problem, _, _, _): report("cannot read this YAML: \(problem)", at: nil)
    default: report("cannot read this YAML: \(error)", at: nil)
    }
  }

  private mutating func report(_ message: String, at mark: Mark?) { report(message, at: mark.map(place) ?? start) }

  /// Adds a diagnostic.
  mutating func report(_ message: String, at place: Place) {
    diagnostics.append(Diagnostic(.error, message, file: file, line: place.line, column: place.column))
  }

  /// The text of a scalar that has one, without line ends after it; otherwise a diagnostic.
  mutating func string(_ key: String, _ node: Node, expected: String = "a text") -> String? {
    if case .scalar(let scalar) = node, node.null == nil || scalar.style != .plain && scalar.style != .any {
      let kept = scalar.string.lastIndex { !$0.isNewline }
      return kept.map { String(scalar.string[...$0]) } ?? ""
    }
    report("“\(key)” must be \(expected)", at: node.mark)
    return nil
  }

  /// `true` or `false`; otherwise a diagnostic.
  mutating func bool(_ key: String, _ node: Node) -> Bool? {
    switch node.scalar?.string {
    case "true": return true
    case "false": return false
    case let other:
      report("“\(key)” must be true or false\(other.map { ", not “\($0)”" } ?? "")", at: node.mark)
      return nil
    }
  }

  /// A value that `convert` accepts; otherwise a diagnostic with the values that are `expected`.
  mutating func value<Value>(
    _ key: String, _ node: Node, expected: String, convert: (String) -> Value?
  ) -> Value? {
    if let value = node.scalar.flatMap({ convert($0.string) }) { return value }
    report("“\(key)” must be \(expected)\(node.scalar.map { ", not “\($0.string)”" } ?? "")", at: node.mark)
    return nil
  }

  /// A text or a list of texts; otherwise a diagnostic.
  mutating func strings(_ key: String, _ node: Node) -> [String] {
    guard case .sequence(let items) = node else { return string(key, node).map { [$0] } ?? [] }
    return items.compactMap { string(key, $0) }
  }

  /// The entries of a mapping inside this one; otherwise a diagnostic.
  mutating func nested(_ key: String, _ node: Node) -> [(name: String, value: Node, at: Place)] {
    guard case .mapping(let mapping) = node else {
      report("“\(key)” must be lines “name: value”, indented", at: node.mark)
      return []
    }
    return mapping.compactMap { name, value in
      guard let text = name.scalar?.string else {
        report("a name must be a plain word", at: name.mark)
        return nil
      }
      return (text, value, name.mark.map(place) ?? start)
    }
  }
}
