internal import Core
internal import Foundation

/// An SVG document that was checked mark by mark, or one that is kept behind glass.
///
/// A drawing that consists of nothing but a few kinds of marks with plain attributes goes into the page itself, where it takes the page's
/// colours and its text can be selected. It is written anew from what was read, so nothing unread gets through. Every other
/// drawing is shown as a picture: as such a browser runs no script in it and loads nothing for it.
struct SafeDrawing: Sendable {
  private let figure: Figure
  /// The drawing written anew; `nil` when it did not pass the check.
  private let checked: String?

  init(_ figure: Figure) {
    self.figure = figure
    var reader = figure.svg.utf8.count <= Self.maximumBytes ? DrawingReader(figure.svg) : nil
    checked = reader?.checked()
  }

  /// Markup for a page.
  var html: HTML {
    if let checked { return HTML(safe: checked) }
    return "<img src=\"data:image/svg+xml;base64,\(Self.base64(figure.svg))\" alt=\"\(figure.alternative)\">\n"
  }

  /// A file to put beside a report: the drawing itself when it passed the check, otherwise a drawing that shows it as a picture, so
  /// that a browser that opens the file runs nothing.
  var file: [UInt8] {
    guard checked == nil else { return Array(figure.svg.utf8) }
    let size = Self.size(of: figure.svg)
    let html: HTML = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(size.width)" height="\(size.height)" viewBox="0 0 \(size.width) \(size.height)"><title>\(
        figure.alternative)</title><image width="\(size.width)" height="\(size.height)" href="data:image/svg+xml;base64,\(
          Self.base64(figure.svg))"/></svg>

      """
    return html.bytes
  }

  private static let maximumBytes = 400_000

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  /// What the document says of its size in its first tag; 640 by 480 where it does not.
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
