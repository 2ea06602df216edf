internal import ArtifactTypes

/// One line of an hourly page-view file: `en.m Main_Page 42 0`.
///
/// Source: MetaCLIP 2, reference code, for what counts; Wikimedia, “Analytics/Data Lake/Traffic/Pageviews”, for the format.
struct PageViewLine {
  /// What a line is.
  enum Kind {
    /// A title's views.
    case title
    /// Views of no wiki: the line begins with `"" `.
    case unknownWiki
    /// A title without views, in a namespace or empty, or of a project that is not asked for.
    case leftOut
    /// Not four fields between spaces, a count that is no number, a code that is none.
    case broken
  }

  /// Up to the first full stop, `.m` deleted before, `-` for `_`: `zh_yue`.
  private(set) var wiki: [UInt8] = []
  /// Spaces for `_`, none at the ends.
  private(set) var title: [UInt8] = []
  private(set) var views = 0

  /// Wikis of Wikimedia whose mobile views have a Wikipedia's form, such as `commons.m`.
  private static let notWikipedias = Set(
    ["commons", "meta", "incubator", "species", "strategy", "outreach", "usability", "quality", "planet"].map {
      Array($0.utf8)
    })

  /// Reads a line, in the memory of the last one.
  mutating func read(_ line: UnsafeRawBufferPointer, wikipediaOnly: Bool) -> Kind {
    if line.count > 2, line[0] == UInt8(ascii: "\""), line[1] == UInt8(ascii: "\""), line[2] == 32 {
      return .unknownWiki
    }
    var spaces = (0, 0, 0)
    var count = 0
    for index in 0..<line.count where line[index] == 32 {
      switch count {
      case 0: spaces.0 = index
      case 1: spaces.1 = index
      case 2: spaces.2 = index
      default: return .broken
      }
      count += 1
    }
    guard count == 3, let views = Self.number(line, spaces.1 + 1..<spaces.2) else { return .broken }
    guard takeWiki(UnsafeRawBufferPointer(rebasing: line[..<spaces.0]), wikipediaOnly) else {
      return wiki.isEmpty ? .broken : .leftOut
    }
    guard views > 0 else { return .leftOut }
    self.views = views
    title.removeAll(keepingCapacity: true)
    for index in spaces.0 + 1..<spaces.1 {
      let byte = line[index]
      if byte == UInt8(ascii: ":") { return .leftOut }
      title.append(byte == UInt8(ascii: "_") ? 32 : byte)
    }
    strip()
    return title.isEmpty ? .leftOut : .title
  }

  /// - Returns: whether the wiki counts; ``wiki`` is empty when it is no code.
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
        // Wherever it stands: the reference deletes the two characters, not a part of the name.
        index += 2
        continue
      }
      if byte == UInt8(ascii: ".") {
        isInCode = false
        isOther = isOther || !field[index...].elementsEqual(".zero".utf8)
      } else if isInCode {
        guard byte | 0x20 &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
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

  private mutating func strip() {
    while title.last == 32 { title.removeLast() }
    if title.first == 32 { title.removeFirst(title.prefix { $0 == 32 }.count) }
    // Wider white space is rare, and seldom worth a string.
    guard let first = title.first, let last = title.last, first >= 0x80 || last >= 0x80 || first < 32 || last < 32
    else { return }
    let text = String(decoding: title, as: UTF8.self)
    let stripped = text.stripped
    if stripped.utf8.count < text.utf8.count { title = Array(stripped.utf8) }
  }

  private static func number(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    guard (1...12).contains(range.count) else { return nil }
    var value = 0
    for index in range {
      let digit = line[index] &- 48
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }
}
