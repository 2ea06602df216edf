internal import Charts

/// Reads the small part of SVG that is known to be harmless, and writes it anew.
struct DrawingReader {
  private let bytes: [UInt8]
  private var position = 0
  private var output: [UInt8] = []
  /// The elements that are open.
  private var open: [String] = []

  /// `nil` for text that no browser reads as one document.
  init?(_ svg: String) {
    bytes = Array(svg.utf8)
    if bytes.contains(0) { return nil }
  }

  /// The drawing without its style sheet, which the page has; `nil` when there is anything in it that is not on the lists below.
  mutating func checked() -> String? {
    skipSpace()
    if starts(with: "<?xml ") {
      guard let end = find("?>") else { return nil }
      position = end + 2
      skipSpace()
    }
    repeat {
      guard readTag() else { return nil }
      while !open.isEmpty, position < bytes.count, bytes[position] != UInt8(ascii: "<") {
        guard readText() else { return nil }
      }
    } while !open.isEmpty && position < bytes.count
    skipSpace()
    return open.isEmpty && position == bytes.count ? String(decoding: output, as: UTF8.self) + "\n" : nil
  }

  // MARK: The lists

  private static let elements: Set<String> = [
    "svg", "g", "title", "desc", "rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text", "tspan",
  ]

  private static let attributes: Set<String> = [
    "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "points",
    "d",
    "transform", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "stroke-linecap", "stroke-linejoin", "opacity", "font-size", "font-family", "font-weight", "font-style",
    "text-anchor",
    "dominant-baseline", "paint-order", "direction", "role", "preserveAspectRatio",
  ]

  /// Attributes whose words must begin with `k-`, so that a drawing cannot take the names of the page's own parts.
  private static let prefixed: Set<String> = ["class", "id", "aria-labelledby"]

  private static func isHarmless(_ value: ArraySlice<UInt8>) -> Bool {
    guard value.count < 200_000 else { return false }
    // The letters “url”, large or small, anywhere.
    var last: UInt32 = 0
    for byte in value {
      last = (last << 8 | UInt32(byte | 0x20)) & 0xFF_FFFF
      guard last != 0x75_726C, isPlain[Int(byte)] else { return false }
    }
    return true
  }

  private static let isPlain: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for byte in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n\t.,-+#%()'".utf8 {
      table[Int(byte)] = true
    }
    return table
  }()

  // MARK: Reading

  private mutating func readTag() -> Bool {
    guard take("<") else { return false }
    if take("/") {
      guard let name = readName(), open.popLast() == name else { return false }
      skipSpace()
      output += "</\(name)>".utf8
      return take(">")
    }
    guard let name = readName() else { return false }
    if name == "style" { return readKnownStyle() }
    guard Self.elements.contains(name), (name == "svg") == open.isEmpty, open.count < 32 else { return false }
    guard !["title", "desc"].contains(open.last ?? "") else { return false }
    output += "<\(name)".utf8
    var seen: Set<String> = []
    while true {
      skipSpace()
      if take("/>") {
        output += "/>".utf8
        return name != "svg"
      }
      if take(">") {
        output += ">".utf8
        open.append(name)
        return true
      }
      guard let attribute = readName(), seen.insert(attribute).inserted, take("="), let value = readValue() else {
        return false
      }
      if attribute == "xmlns" {
        guard name == "svg", value.elementsEqual("http://www.w3.org/2000/svg".utf8) else { return false }
        output += " xmlns=\"http://www.w3.org/2000/svg\"".utf8
        continue
      }
      guard Self.isHarmless(value) else { return false }
      if Self.prefixed.contains(attribute) {
        guard value.split(separator: UInt8(ascii: " ")).allSatisfy({ $0.starts(with: "k-".utf8) }) else { return false }
      } else if !Self.attributes.contains(attribute) {
        return false
      }
      output += " \(attribute)=\"".utf8
      output += value
      output.append(UInt8(ascii: "\""))
    }
  }

  /// The style sheet of our own charts is left out, any other is not for this page.
  private mutating func readKnownStyle() -> Bool {
    guard !open.isEmpty, take(">"), starts(with: ChartStyle.standaloneSheet) else { return false }
    position += ChartStyle.standaloneSheet.utf8.count
    return take("</style>")
  }

  private mutating func readText() -> Bool {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
    guard let text = Self.decoded(bytes[start..<position]) else { return false }
    output += HTML(text: text).bytes
    return true
  }

  private mutating func readName() -> String? {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        position += 1
        continue
      default: break
      }
      break
    }
    return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func readValue() -> ArraySlice<UInt8>? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'") else {
      return nil
    }
    let quote = bytes[position]
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != quote, bytes[position] != UInt8(ascii: "<") { position += 1 }
    guard position < bytes.count, bytes[position] == quote else { return nil }
    let value = bytes[start..<position]
    position += 1
    guard value.contains(UInt8(ascii: "&")) else { return value }
    return Self.decoded(value).map { Array($0.utf8)[...] }
  }

  /// Text with XML's five entities resolved; `nil` when there is any other.
  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard bytes.contains(UInt8(ascii: "&")) else { return text }
    let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "#39": "'"]
    var result = ""
    for (index, part) in text.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
      guard index > 0 else {
        result += part
        continue
      }
      guard let end = part.firstIndex(of: ";"), let character = entities[String(part[..<end])] else { return nil }
      result += character + part[part.index(after: end)...]
    }
    return result
  }

  // MARK: Steps

  private mutating func skipSpace() {
    while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
  }

  private func starts(with text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private mutating func take(_ text: String) -> Bool {
    guard starts(with: text) else { return false }
    position += text.utf8.count
    return true
  }

  private func find(_ text: String) -> Int? {
    let wanted = Array(text.utf8)
    return bytes.indices.dropFirst(position).first { bytes[$0...].starts(with: wanted) }
  }
}
