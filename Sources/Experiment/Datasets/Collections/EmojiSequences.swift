internal import Core
internal import Imaging

/// An emoji as Unicode lists it.
struct Emoji: Sendable {
  /// The fully-qualified sequence.
  let scalars: [Unicode.Scalar]
  /// The group and subgroup of Unicode's list, such as `Animals & Nature/animal-mammal`.
  let group: String

  /// U+FE0F, which asks for a colourful picture. CLDR leaves it out.
  static let variationSelector: Unicode.Scalar = "\u{FE0F}"
  /// U+200D, which joins several emoji to one.
  static let joiner: Unicode.Scalar = "\u{200D}"
  private static let skinTones: ClosedRange<Unicode.Scalar> = "\u{1F3FB}"..."\u{1F3FF}"

  /// The code points without U+FE0F in hexadecimal, such as `1f436` or `1f468-200d-1f373`.
  var id: String {
    scalars.filter { $0 != Self.variationSelector }.map { String($0.value, radix: 16) }.joined(separator: "-")
  }

  /// The UTF-8 bytes without U+FE0F.
  var key: [UInt8] { Emoji.key(scalars, leavingOut: [Self.variationSelector]) }

  /// The text to draw.
  var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  /// True when one of the five skin tones is in the sequence.
  var hasSkinTone: Bool { scalars.contains { Self.skinTones.contains($0) } }

  /// UTF-8 bytes of a sequence without some of its scalars.
  static func key(_ scalars: some Sequence<Unicode.Scalar>, leavingOut left: Set<Unicode.Scalar>) -> [UInt8] {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars.lazy.filter { !left.contains($0) })
    return Array(String(view).utf8)
  }

  /// The fully-qualified emoji of Unicode's `emoji-test.txt`, in its order.
  /// - Throws: ``OperationError`` when the file has none.
  static func read(_ file: InputFile, skinTones: Bool) throws -> [Emoji] {
    let text = String(decoding: try FileBytes.read(file.path), as: UTF8.self)
    var group = ""
    var subgroup = ""
    var emoji: [Emoji] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# group: ") { group = String(line.dropFirst("# group: ".count)) }
      if line.hasPrefix("# subgroup: ") { subgroup = String(line.dropFirst("# subgroup: ".count)) }

      // `1F600 ; fully-qualified # 😀 E1.0 grinning face`
      let parts = line.split(separator: ";", maxSplits: 1)
      guard !line.hasPrefix("#"), parts.count == 2 else { continue }
      guard parts[1].drop(while: { $0 == " " }).hasPrefix("fully-qualified") else { continue }
      let scalars = parts[0].split(separator: " ").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
      let found = Emoji(scalars: scalars, group: "\(group)/\(subgroup)")
      if !scalars.isEmpty, skinTones || !found.hasSkinTone { emoji.append(found) }
    }

    guard !emoji.isEmpty else {
      throw OperationError(
        operation: "read emoji", subject: file.path,
        cause: "no line of it is a fully-qualified emoji; is it emoji-test.txt?")
    }
    return emoji
  }
}
