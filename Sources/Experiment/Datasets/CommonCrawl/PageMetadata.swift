internal import ArtifactTypes
internal import FileFormats

/// The pictures of a page in the JSON of a WAT record.
struct PageMetadata {
  /// A picture and its texts, unchanged.
  struct Link {
    let address: String
    let texts: [PairText]
  }

  /// The page's own `<base>`.
  private(set) var base: String?
  /// Pictures that have an address and a text, in order.
  private(set) var links: [Link] = []

  /// Reads a record's JSON.
  ///
  /// Source of the path: MetaCLIP's reference reader, and the metadata files of Common Crawl: `Envelope`,
  /// `Payload-Metadata`, `HTTP-Response-Metadata`, `HTML-Metadata`, `Links`. A value of another type counts as one
  /// that is not there.
  /// - Throws: ``JSONCursor/Fault`` when it is not JSON.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(bytes)
    try enter("Envelope", &cursor) { page, cursor in
      try page.enter("Payload-Metadata", &cursor) { page, cursor in
        try page.enter("HTTP-Response-Metadata", &cursor) { page, cursor in
          try page.enter("HTML-Metadata", &cursor) { page, cursor in
            try page.readPage(&cursor)
          }
        }
      }
    }
    try cursor.end()
  }

  /// Reads an object and calls `body` at the value of one field.
  private mutating func enter(
    _ name: StaticString, _ cursor: inout JSONCursor,
    body: (inout PageMetadata, inout JSONCursor) throws -> Void
  ) throws {
    guard try Self.attempt(&cursor, { try $0.beginObject() }) != nil else { return }
    while let key = try cursor.nextKey() {
      if name ~= key { try body(&self, &cursor) } else { try cursor.skip() }
    }
  }

  private mutating func readPage(_ cursor: inout JSONCursor) throws {
    guard try Self.attempt(&cursor, { try $0.beginObject() }) != nil else { return }
    while let key = try cursor.nextKey() {
      switch key {
      case "Head":
        try enter("Base", &cursor) { page, cursor in page.base = try Self.string(&cursor) ?? page.base }
      case "Links":
        guard try Self.attempt(&cursor, { try $0.beginArray() }) != nil else { continue }
        while try cursor.nextElement() { try readLink(&cursor) }
      default: try cursor.skip()
      }
    }
  }

  private mutating func readLink(_ cursor: inout JSONCursor) throws {
    guard try Self.attempt(&cursor, { try $0.beginObject() }) != nil else { return }
    var isPicture = false
    var address: String?
    var alternative: String?
    var title: String?
    var pictureTitle: String?
    while let key = try cursor.nextKey() {
      switch key {
      case "path": isPicture = try Self.string(&cursor)?.utf8.starts(with: "IMG@/src".utf8) ?? false
      case "url": address = try Self.string(&cursor)
      case "alt": alternative = try Self.string(&cursor)
      case "title": title = try Self.string(&cursor)
      case "data-image-title": pictureTitle = try Self.string(&cursor)
      default: try cursor.skip()
      }
    }

    // The fields of a link come in any order, its texts in this one.
    guard isPicture, let address, !address.isBlank else { return }
    let texts = [("alt", alternative), ("title", title), ("data-image-title", pictureTitle)].compactMap { field, text in
      text.map(Self.cleaned).flatMap { $0.isEmpty ? nil : PairText($0, field: field) }
    }
    if !texts.isEmpty { links.append(Link(address: address, texts: texts)) }
  }

  /// A text with spaces for line feeds and carriage returns, without white space at both ends.
  private static func cleaned(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == .lineFeed || $0 == .carriageReturn }) else { return text.stripped }
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { scalars.append(scalar == "\n" || scalar == "\r" ? " " : scalar) }
    return String(scalars).stripped
  }

  private static func string(_ cursor: inout JSONCursor) throws -> String? { try attempt(&cursor) { try $0.string() } }

  /// The value that `read` reads; `nil` for a value of another kind, which is skipped.
  private static func attempt<Value>(
    _ cursor: inout JSONCursor, _ read: (inout JSONCursor) throws -> Value
  ) throws -> Value? {
    let before = cursor
    do {
      return try read(&cursor)
    } catch let fault as JSONCursor.Fault where fault.kind == .shape {
      cursor = before
      try cursor.skip()
      return nil
    }
  }
}
