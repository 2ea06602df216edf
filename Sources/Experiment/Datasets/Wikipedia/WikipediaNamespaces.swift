internal import FileFormats
internal import Glibc

/// The links of a wiki that show no text: to pictures and other media, categories, and articles in other languages.
///
/// The names of the namespaces come from the dump; the English ones work in every wiki. A wiki's older names of its
/// media namespace are not in the dump: such a link is recognised by the ending of the file's name.
struct WikipediaNamespaces: Sendable {
  private var dropped: Set<String> = ["file", "image", "category"]

  private static let mediaEndings: Set<String> = [
    "jpg", "jpeg", "png", "gif", "svg", "tif", "tiff", "webp", "xcf", "pdf", "djvu", "djv", "ogg", "oga", "ogv",
    "opus", "webm", "wav", "mp3", "mp4", "mpg", "mpeg", "mid", "midi", "flac", "stl",
  ]
  /// The keys by which MediaWiki knows the namespaces of files and of categories.
  private static let droppedKeys = ["6", "14"]

  /// The longest name of a namespace, title of a file and ending of a file's name that are looked at, in bytes.
  private static let longestName = 128
  private static let longestTitle = 512
  private static let longestEnding = 4

  init() {}

  /// - Parameter siteInfo: a dump's bytes before its first page, with `<namespace key="6" …>Datei</namespace>`.
  init(siteInfo: UnsafeRawBufferPointer) {
    var reader = MarkupReader(siteInfo)
    var isWanted = false
    while let event = reader.next() {
      switch event {
      case .start(let tag, _):
        isWanted = tag.name.is("namespace") && tag.attribute("key").map { Self.droppedKeys.contains($0.text) } ?? false
      case .text(let span):
        if isWanted { add(span.text) }
        isWanted = false
      case .end: isWanted = false
      }
    }
  }

  /// Adds the name of a namespace of media or categories.
  mutating func add(_ name: String) {
    var name = name
    name = name.withUTF8 { Self.normalised($0) }
    if !name.isEmpty { dropped.insert(name) }
  }

  /// True when a link is dropped together with its text.
  /// - Parameter target: the link up to the first `|`, without white space at its ends.
  func drops(_ target: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = target.baseAddress,
      let found = memchr(base, Int32(UInt8(ascii: ":")), min(target.count, Self.longestName))
    else { return false }
    let colon = UnsafeRawPointer(found) - UnsafeRawPointer(base)
    guard colon > 0 else { return false }
    let name = Self.normalised(UnsafeBufferPointer(rebasing: target[..<colon]))
    return dropped.contains(name) || LanguageCodes.isWikipedia(name) || Self.isMedia(target, after: colon)
  }

  private static func isMedia(_ target: UnsafeBufferPointer<UInt8>, after colon: Int) -> Bool {
    guard target.count < longestTitle, let dot = target.lastIndex(of: UInt8(ascii: ".")), dot > colon,
      target.count - dot - 1 <= longestEnding
    else { return false }
    return mediaEndings.contains(normalised(UnsafeBufferPointer(rebasing: target[(dot + 1)...])))
  }

  /// A name in lower case, with one space for spaces and `_` and none at the ends.
  private static func normalised(_ name: UnsafeBufferPointer<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.count)
    for byte in name {
      let isSpace = byte == .space || byte == UInt8(ascii: "_")
      if isSpace, bytes.isEmpty || bytes.last == .space { continue }
      bytes.append(isSpace ? .space : byte.isASCIIUppercase ? byte.lowercasedASCII : byte)
    }
    if bytes.last == .space { bytes.removeLast() }
    let text = String(decoding: bytes, as: UTF8.self)
    return bytes.allSatisfy(\.isASCII) ? text : text.lowercased()
  }
}
