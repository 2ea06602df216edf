internal import ArtifactTypes

/// One line of an hourly page-view file: `en.m Main_Page 42 0`.
///
/// Source: MetaCLIP 2, reference code, for the lines that count; Wikimedia, “Analytics/Data Lake/Traffic/Pageviews”,
/// for the format.
struct PageViewLine {
  /// The kinds of lines.
  enum Kind {
    /// A title's views.
    case title
    /// Views of no wiki: the line begins with `"" `.
    case unknownWiki
    /// A title without views, in a namespace or empty, or of a project that is not asked for.
    case leftOut
    /// A line without four fields between spaces, or with something else as a count or code.
    case broken
  }

  /// The wiki's code, up to the first full stop, `.m` deleted before, `_` for `-`: `zh_yue`.
  private(set) var wiki: [UInt8] = []
  /// The title with spaces for `_`, none at the ends.
  private(set) var title: [UInt8] = []
  private(set) var views = 0

  /// Wikis of Wikimedia whose mobile views have a Wikipedia's form, such as `commons.m`.
  private static let notWikipedias = Set(
    ["commons", "meta", "incubator", "species", "strategy", "outreach", "usability", "quality", "planet"].map {
      Array($0.utf8)
    })

  /// The digits of a count at most: no overflow.
  private static let longestCount = 12

  /// Reads a line, in the memory of the last one.
  mutating func read(_ line: UnsafeRawBufferPointer, wikipediaOnly: Bool) -> Kind {
    if line.starts(with: "\"\" ".utf8) { return .unknownWiki }
    guard let spaces = Self.spaces(line), let views = Self.number(line, spaces.second + 1..<spaces.third) else {
      return .broken
    }

    guard takeWiki(UnsafeRawBufferPointer(rebasing: line[..<spaces.first]), wikipediaOnly) else {
      return wiki.isEmpty ? .broken : .leftOut
    }
    guard views > 0 else { return .leftOut }
    self.views = views

    // A colon marks another namespace, or a title that the reference takes for one.
    title.removeAll(keepingCapacity: true)
    for byte in line[(spaces.first + 1)..<spaces.second] {
      if byte == UInt8(ascii: ":") { return .leftOut }
      title.append(byte == UInt8(ascii: "_") ? .space : byte)
    }
    strip()
    return title.isEmpty ? .leftOut : .title
  }

  /// The positions of the three spaces of a line; `nil` when there are more or fewer.
  private static func spaces(_ line: UnsafeRawBufferPointer) -> (first: Int, second: Int, third: Int)? {
    var found = (first: 0, second: 0, third: 0)
    var count = 0
    for index in 0..<line.count where line[index] == .space {
      switch count {
      case 0: found.first = index
      case 1: found.second = index
      case 2: found.third = index
      default: return nil
      }
      count += 1
    }
    return count == 3 ? found : nil
  }

  /// - Returns: whether the wiki counts; ``wiki`` is empty when the field is not a code.
  private mutating func takeWiki(_ field: UnsafeRawBufferPointer, _ wikipediaOnly: Bool) -> Bool {
    wiki.removeAll(keepingCapacity: true)
    var isInCode = true
    var isOther = false
    var isMobile = false
    var index = 0
    while index < field.count {
      let byte = field[index]
      if byte == UInt8(ascii: "."), index + 1 < field.count, field[index + 1] == UInt8(ascii: "m") {
        isMobile = true
        // Wherever it is: the reference deletes the two characters, not a part of the name.
        index += 2
        continue
      }

      if byte == UInt8(ascii: ".") {
        isInCode = false
        isOther = isOther || !field[index...].elementsEqual(".zero".utf8)
      } else if isInCode {
        guard byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
          wiki.removeAll(keepingCapacity: true)
          return false
        }
        wiki.append(byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte)
      }
      index += 1
    }
    guard !wiki.isEmpty else { return false }
    return !wikipediaOnly || !(isOther || (isMobile && Self.notWikipedias.contains(wiki)))
  }

  /// Removes white space from the ends of the title.
  private mutating func strip() {
    while title.last == .space { title.removeLast() }
    if title.first == .space { title.removeFirst(title.prefix { $0 == .space }.count) }
    // Other white space is rare: only a title that may have it is worth a string.
    guard let first = title.first, let last = title.last, Self.mayBeWhiteSpace(first) || Self.mayBeWhiteSpace(last)
    else { return }
    let text = String(decoding: title, as: UTF8.self)
    let stripped = text.stripped
    if stripped.utf8.count < text.utf8.count { title = Array(stripped.utf8) }
  }

  private static func mayBeWhiteSpace(_ byte: UInt8) -> Bool { !byte.isASCII || byte.isSpaceOrControl }

  private static func number(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    guard (1...longestCount).contains(range.count) else { return nil }
    var value = 0
    for byte in line[range] {
      guard byte.isASCIIDigit else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
