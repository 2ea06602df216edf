internal import Core
internal import FileFormats
internal import Imaging

/// A file of a dump, by its name: `zh_yuewiki-20240501-pages-articles.xml.bz2`.
struct WikipediaFile: Sendable {
  /// The wiki, as the name spells it: `zh_yue`.
  let wiki: String
  /// Between the wiki and what the file holds: `20240501`, `latest`.
  let date: String
  /// Which of the ways that Wikimedia packs the same pages in; the smallest that is there is read.
  let packing: Int
  let file: FolderFile

  /// - Returns: `nil` for a file of another kind: an index, abstracts, another project's pages.
  init?(_ file: FolderFile) {
    let name = file.name
    guard let mark = name.range(of: "wiki-"), mark.lowerBound > name.startIndex,
      let kind = name.range(of: "-pages-articles", after: name.index(before: mark.upperBound))
    else { return nil }
    wiki = String(name[..<mark.lowerBound])
    date = kind.lowerBound > mark.upperBound ? String(name[mark.upperBound..<kind.lowerBound]) : ""
    var rest = name[kind.upperBound...]
    let isMultistream = rest.hasPrefix("-multistream")
    if isMultistream { rest = rest.dropFirst("-multistream".count) }
    guard !rest.hasPrefix("-index") else { return nil }
    packing = (isMultistream ? 2 : 0) + (rest.first?.isNumber == true ? 1 : 0)
    self.file = file
  }

  /// The files to read of each wiki, in the order of their names: of several dates the last, of several packings one.
  /// - Parameter leftOut: called with a sentence about files that repeat others.
  static func choose(_ files: [WikipediaFile], leftOut: (String) -> Void) -> [(wiki: String, files: [WikipediaFile])] {
    Dictionary(grouping: files, by: \.wiki).sorted { $0.key < $1.key }.map { wiki, all in
      let date = all.map(\.date).max() ?? ""
      let packing = all.filter { $0.date == date }.map(\.packing).min() ?? 0
      let chosen = all.filter { $0.date == date && $0.packing == packing }
      if chosen.count < all.count {
        leftOut(
          "\(all.count - chosen.count) files of \(wiki) repeat the pages of others or are older, and were left out")
      }
      return (wiki, chosen.sorted { $0.file.relativePath.utf8.lexicographicallyPrecedes($1.file.relativePath.utf8) })
    }
  }
}

extension String {
  /// Where a text is first found.
  fileprivate func range(of text: String, after start: Index? = nil) -> Range<Index>? {
    var position = start ?? startIndex
    while position < endIndex {
      if self[position...].hasPrefix(text) { return position..<index(position, offsetBy: text.count) }
      position = index(after: position)
    }
    return nil
  }
}
