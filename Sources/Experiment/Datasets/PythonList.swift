internal import ArtifactTypes

/// Lists as Python prints them, which tables have in their fields: `[846, 412]`, `['beds', "children's toys"]`.
enum PythonList {
  /// The members as texts; `nil` for what is no list.
  static func members(_ text: String) -> [String]? {
    let text = text.stripped
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    var members: [String] = []
    var current = ""
    var quote: Character?
    var wasQuoted = false
    for character in text.dropFirst().dropLast() {
      if let open = quote {
        if character == open { quote = nil } else { current.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        wasQuoted = true
      } else if character == "," {
        guard wasQuoted || !current.isEmpty else { return nil }
        members.append(current)
        (current, wasQuoted) = ("", false)
      } else if !character.isWhitespace {
        current.append(character)
      }
    }
    guard quote == nil else { return nil }
    if wasQuoted || !current.isEmpty { members.append(current) }
    return members
  }
}
