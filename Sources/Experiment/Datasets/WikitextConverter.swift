/// What of wikitext counts as text.
struct WikitextOptions: Sendable {
  /// Whether the title of a section that has text is a line of its own.
  var sectionTitles = true
  /// Whether the entries of lists are lines.
  var lists = true
}

/// Turns wikitext into plain text, one paragraph, entry of a list or title of a section a line.
///
/// Nothing is expanded: templates, tables, references and formulas are left out. Links leave their labels, tags their contents,
/// entities their characters. Not for use from two threads at once.
final class WikitextConverter {
  private let options: WikitextOptions
  private var structure = WikitextStructure()
  private var room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)

  private static let special: [Bool] = (0..<256).map { "[]<&'_\n\r".utf8.contains(UInt8($0)) }

  init(_ options: WikitextOptions = WikitextOptions()) { self.options = options }

  deinit { room.deallocate() }

  /// The text of a page.
  /// - Returns: UTF-8, lines separated by line feeds, none at the end; valid until the next call. Empty when there is no text.
  func convert(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) -> UnsafeBufferPointer<UInt8> {
    if room.count < text.count + WikitextSource.padding {
      room.deallocate()
      room = .allocate(capacity: (text.count + WikitextSource.padding) * 3 / 2)
    }
    guard let out = room.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
    structure.scan(text, namespaces)
    var inline = WikitextInline(text, WikitextLines(out, options))
    Self.special.withUnsafeBufferPointer { special in
      var position = 0
      for span in structure.spans where span.end > span.start && span.end > position {
        if span.start > position { inline.convert(position..<span.start, special) }
        position = max(position, span.start)
        if span.isVerbatim { inline.takeVerbatim(position..<span.end) } else { inline.leaveOut() }
        position = span.end
      }
      if position < text.count { inline.convert(position..<text.count, special) }
    }
    return inline.finish()
  }
}
