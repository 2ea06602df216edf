internal import Core
internal import Imaging

/// An emoji as Unicode lists it.
struct Emoji: Sendable {
  /// The fully-qualified sequence.
  let scalars: [Unicode.Scalar]
  /// The group and subgroup of Unicode's list, such as `Animals & Nature/animal-mammal`.
  let group: String

  /// The code points without U+FE0F in hexadecimal, such as `1f436` or `1f468-200d-1f373`: CLDR leaves U+FE0F out as well.
  var id: String {
    scalars.filter { $0 != "\u{FE0F}" }.map { String($0.value, radix: 16) }.joined(separator: "-")
  }

  /// The UTF-8 bytes without U+FE0F.
  var key: [UInt8] { Emoji.key(scalars, leavingOut: ["\u{FE0F}"]) }

  /// The text to draw.
  var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  /// Whether one of the five skin tones is in it.
  var hasSkinTone: Bool { scalars.contains { (0x1F3FB...0x1F3FF).contains($0.value) } }

  /// UTF-8 bytes of a sequence without some of its scalars.
  static func key(_ scalars: some Sequence<Unicode.Scalar>, leavingOut left: Set<Unicode.Scalar>) -> [UInt8] {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars.lazy.filter { !left.contains($0) })
    return Array(String(view).utf8)
  }

  /// The fully-qualified emoji of Unicode's `emoji-test.txt`, in its order.
  /// - Throws: ``OperationError`` when there is none in the file.
  static func read(_ file: InputFile, skinTones: Bool) throws -> [Emoji] {
    let text = String(decoding: try FileBytes.read(file.path), as: UTF8.self)
    var group = ""
    var subgroup = ""
    var emoji: [Emoji] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# group: ") { group = String(line.dropFirst(9)) }
      if line.hasPrefix("# subgroup: ") { subgroup = String(line.dropFirst(12)) }
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
