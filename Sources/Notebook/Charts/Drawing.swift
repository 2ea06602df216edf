package import Core

/// An SVG document that is being built: a few kinds of marks, all text escaped, numbers with at most two decimals.
/// Equal marks give equal bytes.
///
/// Lengths are in units of the drawing, with `y` growing downwards.
package struct Drawing: Sendable {
  /// The colour of a mark.
  package typealias Ink = ChartStyle.Ink

  /// The part of a text that is at its place.
  package enum Anchor: String, Sendable {
    case start, middle, end
  }

  private var body = ""

  /// A drawing without marks.
  package init() {}

  // MARK: Marks

  /// Adds a rectangle.
  /// - Parameters:
  ///   - x: its left side.
  ///   - y: its top.
  ///   - width: its width; a negative one counts as 0.
  ///   - height: its height; a negative one counts as 0.
  ///   - fill: its colour.
  ///   - opacity: 1 for opaque, 0 for invisible.
  ///   - radius: the radius of its corners.
  ///   - outline: the colour of a line around it.
  ///   - title: the text that a pointer shows.
  package mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: Ink, opacity: Double = 1, radius: Double = 0,
    outline: Ink? = nil, title: String? = nil
  ) {
    body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\""
    body += " height=\"\(Self.number(max(0, height)))\""

    if radius > 0 { body += " rx=\"\(Self.number(radius))\"" }
    paint(fill: fill, stroke: outline)
    if opacity < 1 { body += " opacity=\"\(Self.number(opacity))\"" }
    close("rect", title)
  }

  /// Adds a straight line.
  /// - Parameter dash: the lengths of dashes and gaps, as SVG's `stroke-dasharray` has them; `nil` for a solid line.
  package mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ ink: Ink, width: Double = 1,
    dash: String? = nil
  ) {
    body += "<line x1=\"\(Self.number(start.x))\" y1=\"\(Self.number(start.y))\""
    body += " x2=\"\(Self.number(end.x))\" y2=\"\(Self.number(end.y))\""
    paint(stroke: ink, width: width, dash: dash)
    body += "/>\n"
  }

  /// Adds a line through points; nothing for fewer than two.
  package mutating func path(_ points: [(x: Double, y: Double)], _ ink: Ink, width: Double = 2) {
    guard points.count > 1 else { return }
    body += "<polyline points=\"\(Self.list(points))\" fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\""
    paint(stroke: ink, width: width)
    body += "/>\n"
  }

  /// Adds a curve from one point to another that is vertical at both.
  package mutating func curve(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ ink: Ink, width: Double = 1.2
  ) {
    let middle = (start.y + end.y) / 2
    body += "<path d=\"M\(Self.number(start.x)) \(Self.number(start.y))C\(Self.number(start.x)) \(Self.number(middle))"
    body += " \(Self.number(end.x)) \(Self.number(middle)) \(Self.number(end.x)) \(Self.number(end.y))\" fill=\"none\""
    paint(stroke: ink, width: width)
    body += "/>\n"
  }

  /// Adds a filled polygon; nothing for fewer than three points.
  package mutating func area(_ points: [(x: Double, y: Double)], _ ink: Ink, opacity: Double) {
    guard points.count > 2 else { return }
    body += "<polygon points=\"\(Self.list(points))\" opacity=\"\(Self.number(opacity))\""
    paint(fill: ink)
    body += "/>\n"
  }

  /// Adds a filled circle.
  /// - Parameters:
  ///   - x: the position of its centre from the left.
  ///   - y: the position of its centre from the top.
  ///   - radius: its radius.
  ///   - ink: its colour.
  ///   - title: the text that a pointer shows.
  package mutating func dot(x: Double, y: Double, radius: Double, _ ink: Ink, title: String? = nil) {
    body += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\""
    paint(fill: ink, stroke: .paper, width: 0.75)
    close("circle", title)
  }

  /// Adds text. Text with letters that are written from right to left is isolated, so that punctuation stays with it.
  /// - Parameters:
  ///   - text: one line of text.
  ///   - x: the position of its anchor from the left.
  ///   - y: the position of its baseline from the top.
  ///   - size: the size of the font.
  ///   - ink: its colour.
  ///   - anchor: the part of the text that is at `x`.
  ///   - isBold: true for bold letters.
  ///   - turn: the angle by which it is turned clockwise around its place, in degrees.
  ///   - halo: true for a border in the colour of the paper, which keeps it legible over other marks.
  ///   - title: the text that a pointer shows.
  package mutating func text(
    _ text: String, x: Double, y: Double, size: Double, _ ink: Ink = .text, anchor: Anchor = .start,
    isBold: Bool = false, turn: Double = 0, halo: Bool = false, title: String? = nil
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

  /// The finished figure, which follows the reader's dark mode. A page shrinks it to its width with
  /// `max-width: 100%; height: auto`.
  /// - Parameters:
  ///   - width: the width of the drawing; its image is 1.2 times as wide.
  ///   - height: the height of the drawing.
  ///   - title: the name of the figure; the summary unless given.
  ///   - summary: the content of the figure in words, for readers who cannot see it.
  package func figure(width: Double, height: Double, title: String?, summary: String) -> Figure {
    let identity = "k-" + Digest(of: body + summary + (title ?? "")).short
    let name = title ?? summary

    var svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"k-chart\""
    svg += " viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
    svg += " width=\"\(Self.number(width * 1.2))\" height=\"\(Self.number(height * 1.2))\""
    svg += " role=\"img\" aria-labelledby=\"\(identity)-t \(identity)-d\""
    svg += " font-family=\"system-ui, 'Noto Sans', sans-serif\">\n"
    svg += "<title id=\"\(identity)-t\">\(Self.escaped(name))</title>\n"
    svg += "<desc id=\"\(identity)-d\">\(Self.escaped(summary))</desc>\n"
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

  /// A number with at most two decimals and no trailing zeros; 0 for one that is not finite or too large to draw.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    if rest.isMultiple(of: 10) { return "\(sign)\(whole).\(rest / 10)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Text for XML; characters that XML 1.0 does not allow become U+FFFD.
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

  /// Text between U+2068 and U+2069 when a script that is written from right to left occurs in it.
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
