/// The parts of wikitext that become text or not.
struct WikitextOptions: Sendable {
  /// True to make the title of a section that has text a line of its own.
  var sectionTitles = true
  /// True to make the entries of lists lines.
  var lists = true
  /// True to keep the text of the templates that carry some.
  var textTemplates = true
}

/// Turns wikitext into plain text: each paragraph, entry of a list and title of a section becomes a line.
///
/// Nothing is expanded: templates but those of ``WikitextTemplates``, tables, references and formulas are left out.
/// Links leave their labels, tags their contents, entities their characters. Not for use from two threads at once.
final class WikitextConverter {
  private let options: WikitextOptions
  private var structure: WikitextStructure
  /// The text of the last page.
  private var output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)

  /// The bytes at which ``WikitextInline`` has something to do.
  private static let special: [Bool] = (0..<256).map { "[]<&'_\n\r".utf8.contains(UInt8($0)) }

  /// - Parameter language: the wiki's, which says the templates that carry text.
  init(_ options: WikitextOptions = WikitextOptions(), language: String? = nil) {
    self.options = options
    structure = WikitextStructure(options.textTemplates ? WikitextTemplates(language: language) : .none)
  }

  deinit { output.deallocate() }

  /// The text of a page.
  /// - Returns: UTF-8, lines separated by line feeds, none at the end; valid until the next call. Empty when there is
  ///   no text.
  func convert(_ text: WikitextSource, _ namespaces: WikipediaNamespaces) -> UnsafeBufferPointer<UInt8> {
    if output.count < text.count + WikitextSource.padding {
      output.deallocate()
      output = .allocate(capacity: (text.count + WikitextSource.padding) * 3 / 2)
    }
    guard let start = output.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }

    structure.scan(text, namespaces)
    var inline = WikitextInline(text, WikitextLines(start, options))
    Self.special.withUnsafeBufferPointer { special in
      // A span may be within an earlier one, and so be passed already.
      var position = 0
      for span in structure.spans where span.end > span.start && span.end > position {
        if span.start > position { inline.convert(position..<span.start, special) }
        position = max(position, span.start)
        switch span.content {
        case .nothing: inline.leaveOut()
        case .verbatim: inline.takeVerbatim(position..<span.end)
        case .text(let text): inline.insert(text)
        }
        position = span.end
      }
      if position < text.count { inline.convert(position..<text.count, special) }
    }
    return inline.finish()
  }
}
