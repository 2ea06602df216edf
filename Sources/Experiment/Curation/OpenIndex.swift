internal import ArtifactTypes
internal import Core
internal import Counting
internal import FileFormats

/// A concept index with the matchers of its groups, mapped into memory.
struct OpenIndex: Sendable {
  let index: ConceptIndex
  /// A matcher for each of the index's groups.
  let matchers: [ConceptMatcher]

  /// - Throws: ``OperationError`` when a group's file is damaged or another one.
  init(_ index: ConceptIndex, threads: Int) async throws {
    self.index = index
    matchers = try await concurrentMap(count: index.groups.count, threads: threads) { group in
      let file = try index.file(at: group)
      return try ConceptMatcher(compiled: MappedBytes(file), name: file.name)
    }
    for (group, matcher) in zip(index.groups, matchers) where group.entries != matcher.count {
      throw OperationError(
        operation: "open a concept index", subject: group.code,
        cause: """
          it has \(matcher.count) entries where \(group.entries) were announced; run the stage that made it again
          """)
    }
  }

  /// The position of the group of a text in this language; `nil` for a text that belongs to no group.
  @inline(__always)
  func group(of language: String?) -> Int? { index.position(of: language) }
}
