package import Core

/// An SVG document in the making: a few kinds of marks, all text escaped, numbers with at most two decimals, the same bytes every time.
package struct Drawing: Sendable {
  package typealias Ink = ChartStyle.Ink

  package enum Anchor: String, Sendable {
    case start, middle, end
  }

  private var body = ""

  package init() {}

  // MARK: Marks

  package mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: Ink, opacity: Double = 1, radius: Double = 0,
    outline: Ink? = nil,
    title: String? = nil
  ) {
    body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\""
    body += " height=\"\(Self.number(max(0, height)))\""
    if radius > 0 { body += " rx=\"\(Self.number(radius))\"" }
    paint(fill: fill, stroke: outline)
    if opacity < 1 { body += " opacity=\"\(Self.number(opacity))\"" }
    close("rect", title)
  }

  package mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ ink: Ink, width: Double = 1, dash: String? = nil
  ) {
    body +=
      "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\""
    paint(stroke: ink, width: width, dash: dash)
    body += "/>\n"
  }

  /// A line through points.
  package mutating func path(_ points: [(x: Double, y: Double)], _ ink: Ink, width: Double = 2) {
    guard points.count > 1 else { return }
    body += "<polyline points=\"\(Self.list(points))\" fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\""
    paint(stroke: ink, width: width)
    body += "/>\n"
  }

  /// A curve from one point to another that leaves and arrives upright.
  package mutating func curve(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ ink: Ink, width: Double = 1.2
  ) {
    let middle = (start.y + end.y) / 2
    body += "<path d=\"M\(Self.number(start.x)) \(Self.number(start.y))C\(Self.number(start.x)) \(Self.number(middle))"
    body += " \(Self.number(end.x)) \(Self.number(middle)) \(Self.number(end.x)) \(Self.number(end.y))\" fill=\"none\""
    paint(stroke: ink, width: width)
    body += "/>\n"
  }

  /// A filled area.
  package mutating func area(_ points: [(x: Double, y: Double)], _ ink: Ink, opacity: Double) {
    guard points.count > 2 else { return }
    body += "<polygon points=\"\(Self.list(points))\" opacity=\"\(Self.number(opacity))\""
    paint(fill: ink)
    body += "/>\n"
  }

  package mutating func dot(_ x: Double, _ y: Double, radius: Double, _ ink: Ink, title: String? = nil) {
    body += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\""
    paint(fill: ink, stroke: .paper, width: 0.75)
    close("circle", title)
  }

  /// Text on its baseline. What has letters written from right to left is isolated, so that punctuation stays with it.
  package mutating func text(
    _ text: String, x: Double, y: Double, size: Double, _ ink: Ink = .text, anchor: Anchor = .start,
    isBold: Bool = false,
    turn: Double = 0, halo: Bool = false, title: String? = nil
  ) {
    body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    if isBold { body += " font-weight=\"600\"" }
    if turn != 0 { body += " transform=\"rotate(\(Self.number(turn)) \(Self.number(x)) \(Self.number(y)))\"" }
    if halo {
      body += " paint-order=\"stroke\" stroke-linejoin=\"round\""
      paint(fill: ink, stroke: .paper, width: 3)
    } else {
      paint(fill: ink)
    }
    body += ">\(Self.escaped(Self.isolated(text)))"
    if let title { body += "<title>\(Self.escaped(title))</title>" }
    body += "</text>\n"
  }

  // MARK: The document

  /// The finished figure, which knows the reader's dark mode. A page shrinks it to its width with `max-width: 100%; height: auto`.
  /// - Parameter summary: what it shows, for those who cannot see it.
  package func figure(width: Double, height: Double, title: String?, summary: String) -> Figure {
    let identity = "k-" + Digest(of: body + summary + (title ?? "")).short
    let name = title ?? summary
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"k-chart\" viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
    svg += " width=\"\(Self.number(width * 1.2))\" height=\"\(Self.number(height * 1.2))\""
    svg += " role=\"img\" aria-labelledby=\"\(identity)-t \(identity)-d\""
    svg += " font-family=\"system-ui, 'Noto Sans', sans-serif\">\n"
    svg +=
      "<title id=\"\(identity)-t\">\(Self.escaped(name))</title>\n<desc id=\"\(identity)-d\">\(Self.escaped(summary))</desc>\n"
    svg += "<style>\(ChartStyle.standaloneSheet)</style>\n\(body)</svg>\n"
    return Figure(svg: svg, alternative: title.map { "\($0). \(summary)" } ?? summary)
  }

  // MARK: Writing

  private mutating func paint(fill: Ink? = nil, stroke: Ink? = nil, width: Double? = nil, dash: String? = nil) {
    if let fill { body += " fill=\"\(fill.light)\"" }
    if let stroke { body += " stroke=\"\(stroke.light)\"" }
    if let width, width != 1 { body += " stroke-width=\"\(Self.number(width))\"" }
    if let dash { body += " stroke-dasharray=\"\(dash)\"" }
    let classes = [fill.map { "k-f-\($0.name)" }, stroke.map { "k-s-\($0.name)" }].compactMap(\.self)
    body += " class=\"\(classes.joined(separator: " "))\""
  }

  private mutating func close(_ element: String, _ title: String?) {
    if let title { body += "><title>\(Self.escaped(title))</title></\(element)>\n" } else { body += "/>\n" }
  }

  private static func list(_ points: [(x: Double, y: Double)]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  /// At most two decimals, no trailing zeros.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    if rest.isMultiple(of: 10) { return "\(sign)\(whole).\(rest / 10)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Text for XML; characters that XML 1.0 has no place for become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\r", "\t": result += " "
      case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isolated(_ text: String) -> String {
    let isRightToLeft = text.unicodeScalars.contains {
      switch $0.value {
      case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
      default: false
      }
    }
    return isRightToLeft ? "\u{2068}\(text)\u{2069}" : text
  }
}
