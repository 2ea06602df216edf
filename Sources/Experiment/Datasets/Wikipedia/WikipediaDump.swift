internal import Core
internal import FileFormats
internal import Glibc
internal import Imaging

/// Reads the pages of a dump one after the other, in memory for one page.
///
/// Source of the format: MediaWiki, “Help:Export”, export-0.10 and 0.11.
final class WikipediaDump {
  /// One page; ``text`` is valid until the next call of ``WikipediaDump/next()``.
  struct Page {
    var title: String
    /// 0 for articles; `nil` when the page does not say it.
    var namespace: Int?
    var isRedirect: Bool
    /// True when the page is written in wikitext.
    var isWikitext: Bool
    /// True when the page is longer than the limit: ``text`` is incomplete then.
    var isTooLong: Bool
    var text: WikitextSource
  }

  /// The wiki's namespaces, known once the first page has been read.
  private(set) var namespaces = WikipediaNamespaces()
  /// The reason why the dump ended before its end, where that is allowed.
  private(set) var earlyEnd: String?

  private let path: String
  private let input: WikipediaBytes
  private let largestPage: Int
  private let allowsEarlyEnd: Bool
  /// Bytes that have been read; those from ``start`` to ``end`` are still to be used.
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private var start = 0
  private var end = 0
  /// The text of the present page, its entities replaced.
  private var text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
  private var hasHeader = false
  private var isInputAtEnd = false
  private var isAtEnd = false

  /// The bytes before the first page, at most: the wiki's name and namespaces.
  private static let longestHeader = 1 << 22
  /// The bytes of a page that is too long that are looked through at once.
  private static let pieceSize = 1 << 18
  /// At least as long as each tag that is looked for.
  private static let longestTag = 16

  /// - Parameters:
  ///   - path: a dump, compressed or not.
  ///   - largestPage: how many bytes of XML a page may have.
  ///   - allowsEarlyEnd: whether a dump that breaks off counts up to there.
  init(path: String, largestPage: Int, allowsEarlyEnd: Bool) throws {
    self.path = path
    self.largestPage = largestPage
    self.allowsEarlyEnd = allowsEarlyEnd
    input = try WikipediaBytes(path: path, allowsEarlyEnd: allowsEarlyEnd)
  }

  deinit {
    buffer.deallocate()
    text.deallocate()
  }

  /// The number of compressed bytes that have been used: for progress.
  var compressedPosition: Int64 { input.compressedPosition }

  /// The next page; `nil` at the end.
  /// - Throws: ``OperationError`` for a file that is not a dump, or ends early.
  func next() throws -> Page? {
    // The header is kept for its namespaces; between pages nothing is kept.
    guard !isAtEnd, let open = try find("<page>", or: "</mediawiki>", limit: hasHeader ? nil : Self.longestHeader)
    else {
      if !isAtEnd { try finishEarly() }
      return nil
    }
    if !hasHeader {
      hasHeader = true
      namespaces = WikipediaNamespaces(siteInfo: UnsafeRawBufferPointer(rebasing: buffer[start..<open.position]))
    }
    start = open.position
    guard open.isFirst else {
      isAtEnd = true
      return nil
    }

    if let close = try find("</page>", or: "</mediawiki>", limit: largestPage) {
      let page = page(UnsafeRawBufferPointer(rebasing: buffer[start..<close.position]))
      start = close.position
      return page
    }
    guard end - start >= largestPage else {
      try finishEarly()
      return nil
    }

    var page = page(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
    page.isTooLong = true
    try passRestOfPage()
    return page
  }

  /// Skips the rest of a page of which all bytes that are there have been read.
  private func passRestOfPage() throws {
    while true {
      // The closing tag may be cut in two.
      start = max(start, end - Self.longestTag)
      if let close = try find("</page>", or: "</mediawiki>", limit: Self.pieceSize) {
        start = close.position
        return
      }
      if end - start < Self.pieceSize { return }
    }
  }

  /// Ends a dump that has broken off.
  private func finishEarly() throws {
    isAtEnd = true
    let cause = input.earlyEnd ?? (hasHeader ? "it ends within its pages" : "it has no pages and no end")
    guard allowsEarlyEnd, hasHeader else {
      throw OperationError(
        operation: "read Wikipedia", subject: path,
        cause: hasHeader
          ? "\(cause): get it again, or set allowsEarlyEnd to take what is there"
          : "\(cause): is it a dump of pages-articles?",
        endsEarly: hasHeader)
    }
    earlyEnd = cause
  }

  // MARK: The bytes

  /// The position of one of two tags, and which of the two it is.
  private typealias FoundTag = (position: Int, isFirst: Bool)

  /// Finds the first of two tags from ``start`` on, and reads more bytes until it is there.
  /// - Parameter limit: the number of bytes after which to stop; with `nil` bytes before the tag are not kept.
  private func find(_ first: StaticString, or second: StaticString, limit: Int?) throws -> FoundTag? {
    var searched = 0
    while true {
      if let found = search(first, or: second, searched: &searched) { return found }
      if let limit, end - start >= limit { return nil }
      if limit == nil {
        start += searched
        searched = 0
      }
      guard try fill() else { return nil }
    }
  }

  /// Searches the bytes that have been read.
  /// - Parameter searched: how many bytes after ``start`` need not be looked at again.
  private func search(_ first: StaticString, or second: StaticString, searched: inout Int) -> FoundTag? {
    guard let base = buffer.baseAddress else { return nil }
    while let mark = memchr(base + start + searched, Int32(UInt8(ascii: "<")), end - start - searched) {
      let position = UnsafeRawPointer(mark) - UnsafeRawPointer(base)
      searched = position - start
      let left = end - position
      // A tag that the end of the bytes may cut is looked at again when more bytes are there.
      if left < first.utf8CodeUnitCount || (left < second.utf8CodeUnitCount && !isInputAtEnd) { return nil }
      if memcmp(mark, first.utf8Start, first.utf8CodeUnitCount) == 0 { return (position, true) }
      if left >= second.utf8CodeUnitCount, memcmp(mark, second.utf8Start, second.utf8CodeUnitCount) == 0 {
        return (position, false)
      }
      searched += 1
    }
    searched = end - start
    return nil
  }

  /// Reads more bytes after those that are there.
  /// - Returns: whether there were any.
  private func fill() throws -> Bool {
    if isInputAtEnd { return false }
    if start > 0 {
      if let base = buffer.baseAddress, end > start { memmove(base, base + start, end - start) }
      end -= start
      start = 0
    }

    if buffer.count - end < 1 << 16 {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
      buffer.deallocate()
      buffer = larger
    }

    let count = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    end += count
    isInputAtEnd = count == 0
    return count > 0
  }

  // MARK: A page

  private func page(_ bytes: UnsafeRawBufferPointer) -> Page {
    let open = Self.find("<text", in: bytes, from: 0)
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<(open ?? bytes.count)])
    var content = bytes.count..<bytes.count
    if let open, let close = bytes[open...].firstIndex(of: UInt8(ascii: ">")), bytes[close - 1] != UInt8(ascii: "/") {
      content = close + 1..<(Self.find("<", in: bytes, from: close + 1) ?? bytes.count)
    }

    let model = Self.element("<model>", in: head)
    return Page(
      title: Self.element("<title>", in: head) ?? "",
      namespace: Self.element("<ns>", in: head).flatMap { Int($0) },
      isRedirect: Self.find("<redirect", in: head, from: 0) != nil,
      isWikitext: model == nil || model == "wikitext", isTooLong: false,
      text: decode(UnsafeRawBufferPointer(rebasing: bytes[content])))
  }

  private static func find(_ tag: StaticString, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var position = start
    while position < bytes.count,
      let mark = memchr(base + position, Int32(tag.utf8Start.pointee), bytes.count - position)
    {
      position = UnsafeRawPointer(mark) - base
      if bytes.count - position >= tag.utf8CodeUnitCount, memcmp(mark, tag.utf8Start, tag.utf8CodeUnitCount) == 0 {
        return position
      }
      position += 1
    }
    return nil
  }

  private static func element(_ tag: StaticString, in bytes: UnsafeRawBufferPointer) -> String? {
    guard let open = find(tag, in: bytes, from: 0) else { return nil }
    let start = open + tag.utf8CodeUnitCount
    let end = find("<", in: bytes, from: start) ?? bytes.count
    return MarkupReader.text(UnsafeRawBufferPointer(rebasing: bytes[start..<end]).bindMemory(to: UInt8.self))
  }

  /// The text with XML's entities replaced, and zeros after it.
  private func decode(_ bytes: UnsafeRawBufferPointer) -> WikitextSource {
    // No entity is shorter than its character.
    if text.count < bytes.count + WikitextSource.padding {
      text.deallocate()
      text = .allocate(capacity: (bytes.count + WikitextSource.padding) * 3 / 2)
    }
    guard let out = text.baseAddress else { preconditionFailure("a buffer has an address") }

    var count = 0
    if let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) {
      var position = 0
      while position < bytes.count {
        let mark = memchr(base + position, Int32(UInt8(ascii: "&")), bytes.count - position)
        let next = mark.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
        memcpy(out + count, base + position, next - position)
        count += next - position
        position = next
        guard position < bytes.count else { break }
        let rest = UnsafeBufferPointer(start: base + position, count: bytes.count - position)
        position += Self.decodeEntity(rest, into: out, count: &count)
      }
    }

    memset(out + count, 0, WikitextSource.padding)
    return WikitextSource(base: out, count: count)
  }

  /// Appends the character of the entity that a text begins with, or its `&` where it is not an entity.
  /// - Returns: how many bytes of the text were used.
  private static func decodeEntity(
    _ text: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, count: inout Int
  ) -> Int {
    let found = WikitextEntities.scalar(text) ?? (scalar: "&", count: 1)
    for byte in UTF8.encode(found.scalar) ?? UTF8.encodedReplacementCharacter {
      out[count] = byte
      count += 1
    }
    return found.count
  }
}
