/// The candidate nearest to a name, when the edits between them are few enough for a slip of the pen: at most half
/// of the name's characters, or two.
func nearest(to name: String, among candidates: [String]) -> String? {
  let limit = max(2, name.count / 2)
  let ranked = candidates.map { (distance: editDistance($0, name.lowercased()), name: $0) }
  guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
  return best.distance <= limit ? best.name : nil
}

/// The smallest number of insertions, deletions and substitutions of a character that turn one text into the other.
///
/// Source: Wagner and Fischer, The String-to-String Correction Problem, J. ACM 21 (1974).
func editDistance(_ left: String, _ right: String) -> Int {
  let columns = Array(right)
  var row = Array(0...columns.count)
  for (index, character) in left.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in columns.indices {
      let substituted = diagonal + (columns[column] == character ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
    }
  }
  return row[columns.count]
}
