/// Converts wikitext that is in memory.
package enum Wikitext {
  /// The plain text of one page: lines separated by line feeds.
  /// - Parameters:
  ///   - wikitext: the page as its editors see it.
  ///   - names: the wiki's own names of its namespaces of media and categories.
  ///   - sectionTitles: whether the title of a section that has text is a line of its own.
  ///   - lists: whether the entries of lists are lines.
  ///   - textTemplates: whether the text of the templates that carry some is kept.
  ///   - language: the wiki's language, which says the templates that carry text.
  package static func plainText(
    _ wikitext: String, namespaces names: [String] = [], sectionTitles: Bool = true, lists: Bool = true,
    textTemplates: Bool = true, language: String? = nil
  ) -> String {
    var namespaces = WikipediaNamespaces()
    for name in names { namespaces.add(name) }
    let converter = WikitextConverter(
      WikitextOptions(sectionTitles: sectionTitles, lists: lists, textTemplates: textTemplates), language: language)

    var bytes = Array(wikitext.utf8)
    let count = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: WikitextSource.padding))
    return bytes.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { base in
        String(decoding: converter.convert(WikitextSource(base: base, count: count), namespaces), as: UTF8.self)
      } ?? ""
    }
  }
}
