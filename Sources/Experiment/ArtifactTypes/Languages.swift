public import Core

/// A language or regional variety: its code, its name in English and how it is written.
public struct Language: Codable, Hashable, Sendable {
  /// As CLDR writes it: `pt`, `pt_PT`, `zh_Hant`.
  public var code: String
  /// In English, such as `Portuguese`.
  public var name: String
  /// ISO 15924, such as `Latn`.
  public var script: String

  public init(code: String, name: String, script: String) {
    self.code = code
    self.name = name
    self.script = script
  }

  /// Whether the script runs from right to left.
  ///
  /// Source: the Unicode character database's right-to-left scripts that CLDR has locales of.
  public var isRightToLeft: Bool {
    ["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"].contains(script)
  }
}

/// The names and scripts of languages by code.
public struct Languages: Artifact, Hashable {
  public static var format: String { "languages/1" }

  /// In the order of their codes.
  public var languages: [Language]

  public init(_ languages: [Language]) {
    self.languages = languages.sorted { $0.code.utf8.lexicographicallyPrecedes($1.code.utf8) }
  }

  /// The language of a code. A code with a region or script that is not there falls back to the one before its last `_`.
  public subscript(code: String) -> Language? {
    var code = code[...]
    while true {
      if let position = position(of: String(code)) { return languages[position] }
      guard let cut = code.lastIndex(of: "_") else { return nil }
      code = code[..<cut]
    }
  }

  /// The name of a code, or the code itself when it is unknown.
  public func name(_ code: String) -> String { self[code]?.name ?? code }

  private func position(of code: String) -> Int? {
    var low = 0
    var high = languages.count
    while low < high {
      let middle = (low + high) / 2
      if languages[middle].code.utf8.lexicographicallyPrecedes(code.utf8) { low = middle + 1 } else { high = middle }
    }
    return low < languages.count && languages[low].code == code ? low : nil
  }
}
