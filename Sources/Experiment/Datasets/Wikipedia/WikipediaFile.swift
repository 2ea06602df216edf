internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// A file of a dump, by its name: `zh_yuewiki-20240501-pages-articles.xml.bz2`.
struct WikipediaFile: Sendable {
  /// The wiki, as the name spells it: `zh_yue`.
  let wiki: String
  /// The part of the name between the wiki and the kind of file: `20240501`, `latest`.
  let date: String
  /// The number of the way that Wikimedia splits and compresses the same pages; of several forms the smallest is read.
  let form: Int
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
    form = (isMultistream ? 2 : 0) + (rest.first?.isNumber == true ? 1 : 0)
    self.file = file
  }

  /// The files to read of each wiki, in the order of their names: of several dates the last, of several forms one.
  /// - Parameter leftOut: called with a sentence about files that repeat others.
  static func choose(
    _ files: [WikipediaFile], leftOut: (String) -> Void
  ) -> [(wiki: String, files: [WikipediaFile])] {
    Dictionary(grouping: files, by: \.wiki).sorted { $0.key < $1.key }.map { wiki, all in
      let date = all.map(\.date).max() ?? ""
      let form = all.filter { $0.date == date }.map(\.form).min() ?? 0
      let chosen = all.filter { $0.date == date && $0.form == form }
      if chosen.count < all.count {
        let others = all.count - chosen.count
        leftOut("\(others) files of \(wiki) repeat the pages of others or are older, and were left out")
      }
      return (wiki, chosen.sorted { $0.file.relativePath.precedes($1.file.relativePath) })
    }
  }
}

extension String {
  /// The range of the first occurrence of a text.
  fileprivate func range(of text: String, after start: Index? = nil) -> Range<Index>? {
    var position = start ?? startIndex
    while position < endIndex {
      if self[position...].hasPrefix(text) { return position..<index(position, offsetBy: text.count) }
      position = index(after: position)
    }
    return nil
  }
}
