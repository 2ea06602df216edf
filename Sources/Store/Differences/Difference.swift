package import Core
internal import FileFormats
internal import TextFormatting

extension Comparison {
  /// The changes between two contents of an artifact.
  /// - Parameters:
  ///   - format: the artifact's format, such as `metadata/2`; artifacts of unknown ones are compared file by file, by
  ///     the extensions of their names.
  ///   - name: the artifact's name, for people.
  ///   - limits: the numbers of rows and pictures that are kept, and the memory that the join of large sets may take.
  ///   - entries: the metadata that the texts of sets of pairs are matched with, to list changes by entry; `nil` for
  ///     none.
  /// - Throws: ``OperationError`` for a file that is not what its format says; the errors of the store.
  package static func difference(
    of old: ArtifactContent, new: ArtifactContent, format: String, name: String,
    limits: DifferenceLimits = DifferenceLimits(), entries: (any EntryMatching)? = nil
  ) throws -> ArtifactDifference {
    var difference = ArtifactDifference(name: name, format: format, old: old, new: new)
    if old.digest == new.digest { return difference }

    // Formats of several files that belong together come first, then those of single files.
    let contents = Sides(old, new)
    let finding =
      switch format {
      case "metadata/2": try MetadataDifference.of(contents, limits: limits)
      case "concept-counts/1", "concept-lists/1", "ngrams/2": try CountsDifference.of(contents, limits: limits)
      case "pairs/1": try PairsDifference.of(contents, limits: limits, entries: entries)
      case "embeddings/1": try VectorsDifference.of(contents, array: "embeddings.npy", limits: limits)
      case "picture-hashes/1": try VectorsDifference.of(contents, array: "hashes.npy", limits: limits)
      case "pictures/1": try PicturesDifference.ofSets(contents, limits: limits)
      default: try FilesDifference.of(contents, format: format, limits: limits)
      }
    difference.headline = finding.headline
    difference.counts = finding.counts
    difference.sections = finding.sections
    difference.pictures = Array(finding.captioned(name).pictures.prefix(limits.pictures))
    return difference
  }

  /// The format of a file that belongs to no artifact, by its extension, as
  /// ``difference(of:new:format:name:limits:entries:)`` takes it: `file/csv`.
  package static func format(ofFile name: String) -> String {
    "file/\(name.split(separator: ".").last.map { $0.lowercased() } ?? "")"
  }
}

/// The changes in artifacts that are compared file by file.
enum FilesDifference {
  /// The number of headlines of files that the artifact's headline is made of.
  private static let headlineLimit = 3

  static func of(
    _ contents: Sides<ArtifactContent>, format: String, limits: DifferenceLimits
  ) throws -> Finding {
    if contents.both.allSatisfy({ $0.files.count == 1 }) {
      return try of(contents.map { $0.files[0] }, format: format, limits: limits)
    }

    let files = contents.map { content in Dictionary(content.files.map { ($0.name, $0) }) { first, _ in first } }
    let names = Set(files.old.keys).union(files.new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var finding = Finding(headline: "")
    var rows: [ArtifactDifference.Row] = []
    var headlines: [String] = []
    var changed = 0
    for name in names {
      switch (files.old[name], files.new[name]) {
      case (let old?, let new?) where old.digest != new.digest:
        changed += 1
        // More files are only counted.
        guard changed <= max(1, limits.rows) else { continue }
        let found = try of(Sides(old, new), format: format, limits: limits).titled(name)
        finding.counts += found.counts
        finding.sections += found.sections
        finding.pictures += found.pictures.prefix(max(0, limits.pictures - finding.pictures.count))
        headlines.append(found.headline)
        if found.sections.isEmpty { rows.append([.init(found.headline, .changed)]) }
      case (nil, let new?): rows.append([.init("+ \(name.shortened), \(NumberText.bytes(new.byteCount))", .added)])
      case (let old?, nil): rows.append([.init("− \(name.shortened), \(NumberText.bytes(old.byteCount))", .gone)])
      default: break
      }
    }

    let added = files.new.keys.count { files.old[$0] == nil }
    let gone = files.old.keys.count { files.new[$0] == nil }
    finding.counts += [.init("files changed", changed), .init("files new", added), .init("files gone", gone)]
    let parts = NumberWords.list([
      (added, added == 1 ? "file new" : "files new"), (gone, gone == 1 ? "file gone" : "files gone"),
    ])
    headlines = headlines.prefix(headlineLimit) + (parts.isEmpty ? [] : [parts])
    if changed > headlineLimit { headlines.append("\(NumberText.count(changed, "file")) changed") }
    finding.headline = headlines.joined(separator: "; ")
    if !rows.isEmpty { finding.sections.insert(.init("Files", firstOf: rows, limits: limits), at: 0) }
    return finding
  }

  private static func of(_ files: Sides<ContentFile>, format: String, limits: DifferenceLimits) throws -> Finding {
    let mapped = try files.map { try MappedBytes($0) }

    // The format decides where it says more than the file's name.
    return try withExtendedLifetime(mapped) {
      switch (format, FileKind(of: files.new.name, format: format)) {
      case ("outcomes/1", _): try OutcomesDifference.of(mapped, limits: limits)
      case ("thresholds/1", _): try ThresholdsDifference.of(mapped, limits: limits)
      case ("picture/1", _): try PicturesDifference.ofValues(mapped)
      case (_, .table): try TableDifference.ofTables(mapped, limits: limits)
      case (_, .csv): try TableDifference.ofCSV(mapped, limits: limits)
      case (_, .json): try JSONDifference.of(mapped, limits: limits)
      case (_, .jsonLines): try LinesDifference.of(mapped, limits: limits)
      case (_, .npy): try TensorsDifference.ofArrays(mapped, limits: limits)
      case (_, .safetensors): try TensorsDifference.ofCheckpoints(mapped, limits: limits)
      case (_, .svg), (_, .picture): try PicturesDifference.ofFiles(mapped, limits: limits)
      case (_, .tar): try TarDifference.of(mapped, limits: limits)
      case (_, .lines): try TextDifference.of(mapped, limits: limits)
      case (_, .bytes): bytes(mapped)
      }
    }
  }

  private static func bytes(_ files: Sides<MappedBytes>) -> Finding {
    let position = files.old.bytes.firstDifference(from: files.new.bytes) ?? 0
    let sizes = files.map { NumberText.bytes(Int64($0.bytes.count)) }
    return Finding(
      headline: "other bytes from byte \(NumberText.integer(position)) on, \(sizes.old) → \(sizes.new)",
      counts: [.init("first byte that differs", position)])
  }
}
