internal import ArtifactTypes

/// Lists as Python prints them, in fields of tables: `[846, 412]`, `['beds', "children's toys"]`.
enum PythonList {
  /// The members as texts, without quotation marks; `nil` for what is not a list.
  static func members(_ text: String) -> [String]? {
    let text = text.stripped
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }

    var members: [String] = []
    var current = ""
    // An empty text in quotation marks is a member, nothing between two commas is not.
    var wasQuoted = false
    var quote: Character?
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
