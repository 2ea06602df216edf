internal import Charts
internal import FileFormats

/// Reads the small part of SVG that is known to be harmless, and writes it again.
///
/// Nothing gets through as it was: names must be on the lists below, values consist of plain characters, and text is
/// escaped again.
struct DrawingReader {
  private var output: [UInt8] = []
  /// The elements that are open, outermost first.
  private var open: [String] = []
  private var isComplete = false

  private init() {}

  /// A drawing without its style sheet, which the page has.
  ///
  /// - Returns: `nil` when there is anything in it that is not on the lists, or that no browser reads as one
  ///   document.
  static func checked(_ svg: String) -> String? {
    let bytes = Array(svg.utf8)
    guard !bytes.contains(0) else { return nil }
    return bytes.withUnsafeBytes { buffer in
      var document = buffer[...].drop { isSpace($0) }
      if document.starts(with: "<?xml ".utf8) {
        guard let end = document.firstRange(of: "?>".utf8) else { return nil }
        document = document[end.upperBound...]
      }
      var drawing = DrawingReader()
      return drawing.read(MarkupReader(UnsafeRawBufferPointer(rebasing: document)))
    }
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

  private static func isHarmless(_ value: String) -> Bool {
    guard value.utf8.count < 200_000 else { return false }
    // The letters “url”, large or small, anywhere.
    var last: UInt32 = 0
    for byte in value.utf8 {
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

  private mutating func read(_ markup: MarkupReader) -> String? {
    var markup = markup
    while let event = markup.next() {
      switch event {
      case .start(let tag, let isEmpty) where tag.name.is("style"):
        guard !isEmpty, skipKnownStyle(tag, &markup) else { return nil }
      case .start(let tag, let isEmpty):
        guard start(tag, isEmpty: isEmpty) else { return nil }
      case .end(let name):
        guard let element = open.popLast(), name.text == element else { return nil }
        output += "</\(element)>".utf8
        isComplete = open.isEmpty
      case .text(let text):
        guard add(text) else { return nil }
      }
    }
    return isComplete && markup.isPlain ? String(decoding: output, as: UTF8.self) + "\n" : nil
  }

  private mutating func start(_ tag: MarkupReader.Tag, isEmpty: Bool) -> Bool {
    let name = tag.name.text
    guard Self.elements.contains(name), (name == "svg") == open.isEmpty, open.count < 32, !isComplete,
      !["title", "desc"].contains(open.last ?? "")
    else { return false }
    output += "<\(name)".utf8

    // XML does not allow an attribute that is given twice, and readers differ in the one that they take.
    var seen: Set<String> = []
    var attributes = tag.attributes
    while let (attribute, raw) = attributes.next() {
      let attribute = attribute.text
      guard seen.insert(attribute).inserted, let value = Self.decoded(raw), Self.accepts(attribute, value, in: name)
      else { return false }
      output += " \(attribute)=\"\(value)\"".utf8
    }
    guard attributes.isPlain else { return false }

    output += isEmpty ? "/>".utf8 : ">".utf8
    if !isEmpty { open.append(name) }
    return !isEmpty || name != "svg"
  }

  private static func accepts(_ attribute: String, _ value: String, in element: String) -> Bool {
    if attribute == "xmlns" { return element == "svg" && value == "http://www.w3.org/2000/svg" }
    guard isHarmless(value) else { return false }
    if prefixed.contains(attribute) { return value.split(separator: " ").allSatisfy { $0.hasPrefix("k-") } }
    return attributes.contains(attribute)
  }

  /// Leaves out the style sheet of our own charts; any other is not for this page.
  private func skipKnownStyle(_ tag: MarkupReader.Tag, _ markup: inout MarkupReader) -> Bool {
    var attributes = tag.attributes
    guard !open.isEmpty, attributes.next() == nil, attributes.isPlain,
      case .text(let sheet) = markup.next(), sheet.bytes.elementsEqual(ChartStyle.standaloneSheet.utf8),
      case .end(let name) = markup.next()
    else { return false }
    return name.is("style")
  }

  /// Text around the drawing must be white space.
  private mutating func add(_ text: MarkupReader.Span) -> Bool {
    guard !open.isEmpty else { return text.bytes.allSatisfy(Self.isSpace) }
    guard let text = Self.decoded(text) else { return false }
    output += HTML(text: text).bytes
    return true
  }

  /// Text with XML's five entities replaced; `nil` when there is any other.
  private static func decoded(_ span: MarkupReader.Span) -> String? {
    guard span.bytes.contains(UInt8(ascii: "&")) else { return span.text }
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;", "#39;"]
    let entities = String(decoding: span.bytes, as: UTF8.self).split(separator: "&", omittingEmptySubsequences: false)
    let areKnown = entities.dropFirst().allSatisfy { entity in known.contains { entity.hasPrefix($0) } }
    return areKnown ? span.text : nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [32, 9, 10, 13].contains(byte) }
}
