/// The colours of drawings. Each mark has its colour as a class, which a page's theme and the reader's dark mode
/// change, and as an attribute, for programs that know no style sheets.
///
/// Categories have the colours of Paul Tol's “bright” qualitative scheme, which differ for every kind of colour vision
/// (Tol, Colour Schemes, SRON/EPS/TN/09-002, 2021); blue and red are a little lighter on dark paper.
package enum ChartStyle {
  /// The colour of a mark.
  package enum Ink: Sendable, Hashable {
    /// Important text.
    case text
    /// Text of minor importance.
    case quiet
    /// Grid lines.
    case grid
    /// Axes and whiskers.
    case axis
    /// The reference line and its label.
    case reference
    /// The colour of the paper, for halos.
    case paper
    /// The colour of a category, counted from 0; grey from ``ChartStyle/categoryCount`` up.
    case category(Int)

    /// The suffix of the class names.
    var name: String {
      switch self {
      case .text: "text"
      case .quiet: "quiet"
      case .grid: "grid"
      case .axis: "axis"
      case .reference: "reference"
      case .paper: "paper"
      case .category(let index): index < categoryCount ? "\(index + 1)" : "rest"
      }
    }

    /// The colour on light paper.
    package var light: String {
      switch self {
      case .text: "#23211d"
      case .quiet: "#6b665c"
      case .grid: "#e6e1d6"
      case .axis: "#8c8678"
      case .reference: "#9c2f1f"
      case .paper: "#fffefb"
      case .category(let index): index < categoryCount ? lightColours[index] : "#a8a396"
      }
    }

    /// The colour on dark paper.
    package var dark: String {
      switch self {
      case .text: "#e2ddd2"
      case .quiet: "#a39d90"
      case .grid: "#34312b"
      case .axis: "#8c8678"
      case .reference: "#e8836b"
      case .paper: "#1b1916"
      case .category(let index): index < categoryCount ? darkColours[index] : "#79756b"
      }
    }
  }

  /// The number of categories that have a colour of their own.
  package static let categoryCount = 6

  private static let lightColours = ["#4477aa", "#ee6677", "#228833", "#ccaa22", "#aa3377", "#44aacc"]
  private static let darkColours = ["#6699cc", "#f07f8d", "#44aa55", "#d6bf4a", "#cc6699", "#66ccee"]
  private static let inks: [Ink] =
    [.text, .quiet, .grid, .axis, .reference, .paper] + (0...categoryCount).map { .category($0) }

  /// The style sheet inside a drawing that is not part of a page's markup: a file of its own, or an image.
  package static let standaloneSheet: String =
    ".k-chart{background:\(Ink.paper.light)}@media(prefers-color-scheme:dark){.k-chart{background:\(Ink.paper.dark)}"
    + inks.map { ".k-f-\($0.name){fill:\($0.dark)}.k-s-\($0.name){stroke:\($0.dark)}" }.joined() + "}"

  /// The rules for a page with drawings in its markup; variables `--chart-NAME` override the colours.
  package static let pageSheet: String =
    inks.map {
      let colour = "var(--chart-\($0.name),\($0.light))"
      return ".k-f-\($0.name){fill:\(colour)}.k-s-\($0.name){stroke:\(colour)}"
    }.joined(separator: "\n")

  /// The declarations of these variables for dark paper, for ``pageSheet``.
  package static let darkVariables: String = inks.map { "--chart-\($0.name):\($0.dark)" }.joined(separator: ";")
}
