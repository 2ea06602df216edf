package import Core

extension Comparison {
  /// What changed between two contents of an artifact.
  /// - Parameters:
  ///   - format: the artifact's, such as `metadata/2`; unknown ones are compared file by file, by the names' extensions.
  ///   - name: the artifact's name, for people.
  ///   - limits: how many rows and pictures are kept, and how much memory the join of large sets may take.
  ///   - entries: what the texts of sets of pairs are matched with, to tell changes by entry; `nil` for none.
  /// - Throws: ``OperationError`` for a file that is not what its format says; what the store throws.
  package static func difference(
    of old: ArtifactContent, new: ArtifactContent, format: String, name: String,
    limits: DifferenceLimits = DifferenceLimits(),
    entries: (any EntryMatching)? = nil
  ) throws -> ArtifactDifference {
    var difference = ArtifactDifference(name: name, format: format, old: old, new: new)
    if old.digest == new.digest { return difference }
    switch format {
    case "metadata/2": try MetadataDifference.fill(&difference, old, new, limits)
    case "concept-counts/1", "concept-lists/1", "ngrams/2": try CountsDifference.fill(&difference, old, new, limits)
    case "pairs/1": try PairsDifference.fill(&difference, old, new, limits, entries: entries)
    case "embeddings/1": try VectorsDifference.fill(&difference, old, new, "embeddings.npy", limits)
    case "picture-hashes/1": try VectorsDifference.fill(&difference, old, new, "hashes.npy", limits)
    case "pictures/1": try PicturesDifference.fill(&difference, sets: old, new, limits)
    default: try FilesDifference.fill(&difference, old, new, limits)
    }
    return difference
  }

  /// The format of a file that belongs to no artifact, by its extension: what ``difference(of:new:format:name:limits:entries:)`` understands.
  package static func format(ofFile name: String) -> String {
    "file/\(name.split(separator: ".").last.map { $0.lowercased() } ?? "")"
  }
}

/// What changed in artifacts that are compared file by file.
enum FilesDifference {
  static func fill(
    _ difference: inout ArtifactDifference, _ old: ArtifactContent, _ new: ArtifactContent, _ limits: DifferenceLimits
  ) throws {
    if old.files.count == 1, new.files.count == 1 {
      return try fill(&difference, old.files[0], new.files[0], limits, title: "")
    }
    let before = Dictionary(old.files.map { ($0.name, $0) }) { first, _ in first }
    let after = Dictionary(new.files.map { ($0.name, $0) }) { first, _ in first }
    var rows: [[ArtifactDifference.Cell]] = []
    var headlines: [String] = []
    var changed = 0
    for name in Set(before.keys).union(after.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      switch (before[name], after[name]) {
      case (let old?, let new?) where old.digest != new.digest:
        changed += 1
        guard changed <= max(1, limits.rows) else { continue }
        let sections = difference.sections.count
        try fill(&difference, old, new, limits, title: name)
        headlines.append(difference.headline)
        if difference.sections.count == sections { rows.append([.init(difference.headline, .changed)]) }
      case (nil, let new?): rows.append([.init("+ \(name.shortened), \(NumberWords.bytes(new.byteCount))", .added)])
      case (let old?, nil): rows.append([.init("− \(name.shortened), \(NumberWords.bytes(old.byteCount))", .gone)])
      default: break
      }
    }
    let added = after.keys.count { before[$0] == nil }
    let gone = before.keys.count { after[$0] == nil }
    difference.counts += [.init("files changed", changed), .init("files new", added), .init("files gone", gone)]
    let parts = NumberWords.list([
      (added, added == 1 ? "file new" : "files new"), (gone, gone == 1 ? "file gone" : "files gone"),
    ])
    difference.headline = (headlines.prefix(3) + (parts.isEmpty ? [] : [parts])).joined(separator: "; ")
    if changed > 3 { difference.headline += "; \(NumberWords.many(changed, "file")) changed" }
    if !rows.isEmpty {
      difference.sections.insert(
        ArtifactDifference.Section(
          "Files", rows: Array(rows.prefix(limits.rows)), omitted: max(0, rows.count - limits.rows)),
        at: 0)
    }
  }

  private static func fill(
    _ difference: inout ArtifactDifference, _ old: ContentFile, _ new: ContentFile, _ limits: DifferenceLimits,
    title: String
  ) throws {
    let first = try MappedFile(old)
    let second = try MappedFile(new)
    switch (difference.format, FileKind(of: new.name, format: difference.format)) {
    case ("outcomes/1", _): try OutcomesDifference.fill(&difference, first, second, limits)
    case ("thresholds/1", _): try ThresholdsDifference.fill(&difference, first, second, limits)
    case ("picture/1", _): try PicturesDifference.fill(&difference, value: first, second, limits)
    case (_, .table): try TableDifference.fill(&difference, tables: first, second, limits, title: title)
    case (_, .csv): try TableDifference.fill(&difference, csv: first, second, limits, title: title)
    case (_, .json): try JSONDifference.fill(&difference, first, second, limits, title: title)
    case (_, .jsonLines): try LinesDifference.fill(&difference, first, second, limits, title: title)
    case (_, .npy): try TensorsDifference.fill(&difference, arrays: first, second, limits, title: title)
    case (_, .safetensors): try TensorsDifference.fill(&difference, first, second, limits, title: title)
    case (_, .svg), (_, .picture):
      try PicturesDifference.fill(&difference, encoded: first, second, limits, title: title)
    case (_, .tar): try TarDifference.fill(&difference, first, second, limits, title: title)
    case (_, .lines): try TextDifference.fill(&difference, first, second, limits, title: title)
    case (_, .bytes): bytes(&difference, first, second, title)
    }
    withExtendedLifetime((first, second)) {}
  }

  private static func bytes(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ title: String
  ) {
    let place = old.bytes.firstDifference(from: new.bytes) ?? 0
    let prefix = title.isEmpty ? "" : title + ": "
    difference.headline =
      prefix
      + "other bytes from byte \(NumberWords.whole(place)) on, \(NumberWords.bytes(Int64(old.bytes.count))) → \(NumberWords.bytes(Int64(new.bytes.count)))"
    difference.counts.append(.init(prefix + "first byte that differs", place))
  }
}
