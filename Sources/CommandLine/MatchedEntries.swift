internal import ArtifactTypes
internal import Core
internal import Curation
internal import Differences
internal import FileFormats

/// Matches texts with the entries of a concept index, as the stages of curation do. A language's entries are mapped
/// into memory for its first text.
final class MatchedEntries: EntryMatching {
  private let index: ConceptIndex
  private var matchers: [Int: ConceptMatcher] = [:]
  private var scratch = ConceptMatcher.Scratch()

  /// Opens an index.
  /// - Parameter content: a content of the format `concept-index/1`.
  /// - Throws: what opening the index throws.
  init(_ content: ArtifactContent) throws { index = try ConceptIndex(content: content) }

  func forEachEntry(in text: String, language: String, _ body: (UInt64) -> Void) throws {
    guard let group = index.position(of: language.isEmpty ? nil : language) else { return }
    try matcher(group).find(in: text, &scratch)
    for number in scratch.found { body(UInt64(group) << 32 | UInt64(number)) }
  }

  func entry(_ number: UInt64) -> (language: String, text: String) {
    let group = Int(number >> 32)
    return (index.groups[group].code, matchers[group]?[Int(number & 0xffff_ffff)] ?? "")
  }

  private func matcher(_ group: Int) throws -> ConceptMatcher {
    if let known = matchers[group] { return known }
    let file = try index.file(at: group)
    let matcher = try ConceptMatcher(compiled: MappedBytes(file), name: file.name)
    matchers[group] = matcher
    return matcher
  }
}
