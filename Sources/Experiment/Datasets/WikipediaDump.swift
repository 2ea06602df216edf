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
    /// 0 for articles.
    var namespace: Int?
    var isRedirect: Bool
    /// Whether it is written in wikitext.
    var isWikitext: Bool
    /// Whether it is longer than the limit: then it has no text here.
    var isTooLong: Bool
    var text: WikitextSource
  }

  /// The wiki's namespaces, known once the first page has been read.
  private(set) var namespaces = WikipediaNamespaces()
  /// Why the dump ended before its end, where that is allowed.
  private(set) var earlyEnd: String?

  private let path: String
  private let input: WikipediaBytes
  private let largestPage: Int
  private let allowsEarlyEnd: Bool
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private var start = 0
  private var end = 0
  private var hasHeader = false
  private var isAtEnd = false
  private var text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)

  /// - Parameters:
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

  /// How many of the packed bytes have been used: for progress.
  var packedPosition: Int64 { input.packedPosition }

  /// The next page; `nil` at the end.
  /// - Throws: ``OperationError`` for a file that is no dump, or ends early.
  func next() throws -> Page? {
    guard !isAtEnd, let found = try find("<page>", or: "</mediawiki>", limit: hasHeader ? nil : 1 << 22) else {
      if !isAtEnd { try finishEarly() }
      return nil
    }
    if !hasHeader {
      hasHeader = true
      namespaces = WikipediaNamespaces(siteInfo: UnsafeRawBufferPointer(rebasing: buffer[start..<found.position]))
    }
    start = found.position
    guard found.isFirst else {
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
    // Passes over the rest of it; a tag may be cut in two.
    while true {
      start = max(start, end - 16)
      if let close = try find("</page>", or: "</mediawiki>", limit: 1 << 18) {
        start = close.position
        return page
      }
      if end - start < 1 << 18 { return page }
    }
  }

  /// The dump has broken off.
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

  /// Where one of two tags begins, from `start` on; brings bytes in until it is there.
  /// - Parameter limit: after how many bytes to give up.
  private func find(
    _ first: StaticString, or second: StaticString, limit: Int?
  ) throws -> (position: Int, isFirst: Bool)? {
    var searched = 0
    while true {
      if let base = buffer.baseAddress {
        while let mark = memchr(base + start + searched, Int32(UInt8(ascii: "<")), end - start - searched) {
          let position = UnsafeRawPointer(mark) - UnsafeRawPointer(base)
          let left = end - position
          if left < first.utf8CodeUnitCount || (left < second.utf8CodeUnitCount && !isInputAtEnd) {
            searched = position - start
            break
          }
          if memcmp(mark, first.utf8Start, first.utf8CodeUnitCount) == 0 { return (position, true) }
          if left >= second.utf8CodeUnitCount, memcmp(mark, second.utf8Start, second.utf8CodeUnitCount) == 0 {
            return (position, false)
          }
          searched = position + 1 - start
        }
        let rest = memchr(base + start + searched, Int32(UInt8(ascii: "<")), end - start - searched)
        if rest == nil { searched = end - start }
      }
      if let limit, end - start >= limit { return nil }
      if limit == nil {
        // Between pages nothing is kept.
        start += searched
        searched = 0
      }
      guard try fill() else { return nil }
    }
  }

  private var isInputAtEnd = false

  /// Brings more bytes behind those that are there.
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

  /// The text with XML's entities replaced, and zeros behind it.
  private func decode(_ bytes: UnsafeRawBufferPointer) -> WikitextSource {
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
        position += Self.entity(UnsafeBufferPointer(start: base + position, count: bytes.count - position), out, &count)
      }
    }
    memset(out + count, 0, WikitextSource.padding)
    return WikitextSource(base: out, count: count)
  }

  private static let xmlEntities: [(StaticString, UInt8)] = [("&lt;", 60), ("&gt;", 62), ("&quot;", 34), ("&amp;", 38)]

  /// Puts the character of the entity that a text begins with.
  /// - Returns: how many bytes it takes.
  private static func entity(
    _ text: UnsafeBufferPointer<UInt8>, _ out: UnsafeMutablePointer<UInt8>, _ count: inout Int
  ) -> Int {
    for (name, byte) in xmlEntities where text.count >= name.utf8CodeUnitCount {
      if let base = text.baseAddress, memcmp(base, name.utf8Start, name.utf8CodeUnitCount) == 0 {
        out[count] = byte
        count += 1
        return name.utf8CodeUnitCount
      }
    }
    guard let found = WikitextEntities.scalar(text) else {
      out[count] = UInt8(ascii: "&")
      count += 1
      return 1
    }
    for byte in UTF8.encode(found.scalar) ?? UTF8.encodedReplacementCharacter {
      out[count] = byte
      count += 1
    }
    return found.count
  }
}
