internal import Core
internal import Foundation

/// An SVG document that passed a check of every mark, or one that is shown as a picture.
///
/// A drawing of a few kinds of marks with plain attributes goes into the page itself, where it takes the page's
/// colours and its text can be selected. It is written again from the parts that were read, so nothing unread gets
/// through. Any other drawing is shown as a picture: a browser runs no script in it and loads nothing for it.
struct SafeDrawing: Sendable {
  private let figure: Figure
  /// The drawing written again; `nil` when it did not pass the check.
  private let checked: String?

  /// Checks a figure's drawing.
  init(_ figure: Figure) {
    self.figure = figure
    checked = figure.svg.utf8.count <= Self.maximumBytes ? DrawingReader.checked(figure.svg) : nil
  }

  /// Markup for a page.
  var html: HTML {
    if let checked { return HTML(safe: checked) }
    return #"<img src="data:image/svg+xml;base64,\#(Self.base64(figure.svg))" alt="\#(figure.alternative)">\#n"#
  }

  /// A file to put beside a report: the drawing itself when it passed the check, otherwise a drawing that shows it
  /// as a picture, so that a browser that opens the file runs nothing.
  var file: [UInt8] {
    guard checked == nil else { return Array(figure.svg.utf8) }
    let size = Self.size(of: figure.svg)
    let html: HTML = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(size.width)" height="\(size.height)" \
      viewBox="0 0 \(size.width) \(size.height)"><title>\(figure.alternative)</title>\
      <image width="\(size.width)" height="\(size.height)" \
      href="data:image/svg+xml;base64,\(Self.base64(figure.svg))"/></svg>

      """
    return html.bytes
  }

  /// The largest drawing that goes into a page, in bytes.
  private static let maximumBytes = 400_000

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  /// The size that the document states near its beginning; 640 by 480 where it does not.
  private static func size(of svg: String) -> (width: Int, height: Int) {
    guard
      let match = svg.prefix(4000).firstMatch(
        of: #/viewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)/#),
      let width = Double(match.1), let height = Double(match.2), (1...20_000).contains(width),
      (1...20_000).contains(height)
    else { return (640, 480) }
    return (Int(width.rounded(.up)), Int(height.rounded(.up)))
  }
}
