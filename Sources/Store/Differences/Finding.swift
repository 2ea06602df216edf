internal import TextFormatting

/// The result of comparing two contents, or one file of both.
struct Finding {
  /// The change in a sentence.
  var headline: String
  var counts: [ArtifactDifference.Count] = []
  var sections: [ArtifactDifference.Section] = []
  /// Pictures without a caption get the name of the file or artifact.
  var pictures: [ArtifactDifference.PicturePair] = []

  /// Adds a section unless there is nothing to show in it.
  mutating func add(_ section: ArtifactDifference.Section) {
    if !section.rows.isEmpty || section.omitted > 0 { sections.append(section) }
  }

  /// The same with a file's name before the headline and all titles, for a file of several.
  func titled(_ title: String) -> Finding {
    var finding = self
    finding.headline = "\(title): \(headline)"
    finding.counts = counts.map { .init("\(title): \($0.name)", $0.value) }
    for index in sections.indices { finding.sections[index].title = "\(title): \(sections[index].title)" }
    return finding.captioned(title)
  }

  /// The same with a caption for each picture that has none.
  func captioned(_ caption: String) -> Finding {
    var finding = self
    for index in pictures.indices where pictures[index].caption.isEmpty { finding.pictures[index].caption = caption }
    return finding
  }
}

extension ArtifactDifference {
  /// The cells of a row of a section.
  typealias Row = [Cell]
}

extension ArtifactDifference.Cell {
  /// A number of things, marked only when there are any.
  static func count(_ value: Int, _ mark: ArtifactDifference.Mark = .none) -> Self {
    Self(NumberText.integer(value), value > 0 ? mark : .none)
  }

  /// A number with four significant digits; empty without one.
  static func number(_ value: Double?, _ mark: ArtifactDifference.Mark = .none) -> Self {
    Self(value.map(NumberText.significant) ?? "", mark)
  }

  /// The relative change of a number; empty unless both are there.
  static func change(_ numbers: Sides<Double?>) -> Self {
    guard let old = numbers.old, let new = numbers.new else { return Self("", .changed) }
    return Self(NumberWords.change(old, new), .changed)
  }
}

extension ArtifactDifference.Section {
  /// The first rows of all, as many as the limits allow.
  init(
    _ title: String, columns: [String] = [], firstOf rows: [ArtifactDifference.Row], limits: DifferenceLimits,
    note: String = ""
  ) {
    self.init(
      title, columns: columns, rows: Array(rows.prefix(limits.rows)), omitted: max(0, rows.count - limits.rows),
      note: note)
  }

  /// The rows that were kept of a ranking.
  init<Rank: Comparable>(
    _ title: String, columns: [String], ranked: Ranked<Rank, ArtifactDifference.Row>, note: String = ""
  ) {
    self.init(title, columns: columns, rows: ranked.items, omitted: ranked.omitted, note: note)
  }
}

extension String {
  /// At most 80 characters, for messages.
  var shortened: String {
    unicodeScalars.count <= 80 ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(79))) + "…"
  }

  /// The same with its first character in upper case.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
