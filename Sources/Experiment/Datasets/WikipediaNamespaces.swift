internal import FileFormats
internal import Glibc

/// Which links of a wiki show no text where they stand: pictures and other media, categories, and articles in other languages.
///
/// The names of the namespaces come from the dump; the English ones work in every wiki. A wiki's older names of its media namespace
/// are not in the dump: there the ending of the file's name tells.
struct WikipediaNamespaces: Sendable {
  private var dropped: Set<String> = ["file", "image", "category"]

  private static let media: Set<String> = [
    "jpg", "jpeg", "png", "gif", "svg", "tif", "tiff", "webp", "xcf", "pdf", "djvu", "djv", "ogg", "oga", "ogv", "opus",
    "webm",
    "wav", "mp3", "mp4", "mpg", "mpeg", "mid", "midi", "flac", "stl",
  ]

  init() {}

  /// - Parameter siteInfo: what stands before a dump's first page, with `<namespace key="6" …>Datei</namespace>`.
  init(siteInfo: UnsafeRawBufferPointer) {
    var reader = MarkupReader(siteInfo)
    var isWanted = false
    while let event = reader.next() {
      switch event {
      case .start(let tag, _):
        isWanted = tag.name.is("namespace") && ["6", "14"].contains(tag.attribute("key")?.text)
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
    name = name.withUTF8 { Self.spelled($0) }
    if !name.isEmpty { dropped.insert(name) }
  }

  /// Whether a link goes with its text.
  /// - Parameter target: up to the first `|`, without white space at its ends.
  func drops(_ target: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = target.baseAddress, let found = memchr(base, Int32(UInt8(ascii: ":")), min(target.count, 128))
    else {
      return false
    }
    let colon = UnsafeRawPointer(found) - UnsafeRawPointer(base)
    guard colon > 0 else { return false }
    let name = Self.spelled(UnsafeBufferPointer(rebasing: target[..<colon]))
    if dropped.contains(name) || LanguageCodes.isWikipedia(name) { return true }
    guard target.count < 512, let dot = target.lastIndex(of: UInt8(ascii: ".")), dot > colon, target.count - dot <= 5
    else {
      return false
    }
    return Self.media.contains(Self.spelled(UnsafeBufferPointer(rebasing: target[(dot + 1)...])))
  }

  /// In lower case, `_` for a space, no space at the ends.
  private static func spelled(_ name: UnsafeBufferPointer<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.count)
    for byte in name {
      let isSpace = byte == 32 || byte == UInt8(ascii: "_")
      if isSpace, bytes.isEmpty || bytes.last == 32 { continue }
      bytes.append(isSpace ? 32 : byte &- 65 < 26 ? byte | 0x20 : byte)
    }
    if bytes.last == 32 { bytes.removeLast() }
    let text = String(decoding: bytes, as: UTF8.self)
    return bytes.allSatisfy { $0 < 128 } ? text : text.lowercased()
  }
}
