public import Core

/// A language or regional variety: its code, its name in English and its script.
public struct Language: Codable, Hashable, Sendable {
  /// The code as CLDR writes it: `pt`, `pt_PT`, `zh_Hant`.
  public var code: String
  /// The name in English, such as `Portuguese`.
  public var name: String
  /// The script's code in ISO 15924, such as `Latn`.
  public var script: String

  /// A language with these values.
  public init(code: String, name: String, script: String) {
    self.code = code
    self.name = name
    self.script = script
  }

  /// True when the script runs from right to left.
  ///
  /// Source: the Unicode character database's right-to-left scripts that CLDR has locales of.
  public var isRightToLeft: Bool {
    ["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"].contains(script)
  }
}

/// The names and scripts of languages by code.
public struct Languages: Artifact, Hashable {
  /// The format of the files, with its version.
  public static var format: String { "languages/1" }

  /// The languages in the order of their codes' UTF-8 bytes.
  public var languages: [Language]

  /// Sorts the languages.
  /// - Parameter languages: languages with distinct codes, in any order.
  public init(_ languages: [Language]) {
    self.languages = languages.sorted { $0.code.precedes($1.code) }
  }

  /// The language of a code; for an unknown code, the language of the code before its last `_`: `pt` for `pt_AO`.
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

  /// Finds a code by bisection.
  private func position(of code: String) -> Int? {
    var low = 0
    var high = languages.count
    while low < high {
      let middle = (low + high) / 2
      if languages[middle].code.precedes(code) { low = middle + 1 } else { high = middle }
    }
    return low < languages.count && languages[low].code == code ? low : nil
  }
}
