/// The colours of drawings: as classes, so that a page's theme and the reader's dark mode reach them, and as attributes, so that a
/// program that knows no style sheets still draws them.
///
/// Categories take Paul Tol's “bright” qualitative scheme, made to be told apart with every kind of colour vision
/// (Tol, Colour Schemes, SRON/EPS/TN/09-002, 2021); blue and red are a little lighter on dark paper.
package enum ChartStyle {
  /// What something is drawn in.
  package enum Ink: Sendable, Hashable {
    /// Text that is read first.
    case text
    /// Text that helps.
    case quiet
    /// Grid lines.
    case grid
    /// Axes, whiskers.
    case axis
    /// The reference line and its label.
    case reference
    /// The paper, for halos.
    case paper
    /// A category's colour, from 0; beyond ``ChartStyle/categoryCount`` a grey for the rest.
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

  /// How many categories have a colour of their own.
  package static let categoryCount = 6

  private static let lightColours = ["#4477aa", "#ee6677", "#228833", "#ccaa22", "#aa3377", "#44aacc"]
  private static let darkColours = ["#6699cc", "#f07f8d", "#44aa55", "#d6bf4a", "#cc6699", "#66ccee"]
  private static let inks: [Ink] =
    [.text, .quiet, .grid, .axis, .reference, .paper] + (0...categoryCount).map { .category($0) }

  /// The style sheet inside a drawing that stands alone: a file of its own, or a picture in a page.
  package static let standaloneSheet: String =
    ".k-chart{background:\(Ink.paper.light)}@media(prefers-color-scheme:dark){.k-chart{background:\(Ink.paper.dark)}"
    + inks.map { ".k-f-\($0.name){fill:\($0.dark)}.k-s-\($0.name){stroke:\($0.dark)}" }.joined() + "}"

  /// The rules for a page that holds drawings in line; `--chart-NAME` variables override the colours.
  package static let pageSheet: String =
    inks.map {
      ".k-f-\($0.name){fill:var(--chart-\($0.name),\($0.light))}.k-s-\($0.name){stroke:var(--chart-\($0.name),\($0.light))}"
    }.joined(separator: "\n")

  /// Declarations of the variables that ``pageSheet`` reads, for dark paper.
  package static let darkVariables: String = inks.map { "--chart-\($0.name):\($0.dark)" }.joined(separator: ";")
}
