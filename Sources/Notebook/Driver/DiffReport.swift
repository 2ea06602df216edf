package import ArtifactStore
package import Core
package import Differences
internal import Foundation

/// The differences between two artifacts, or between all artifacts of two versions.
package struct DiffReport: Codable, Sendable {
  /// A changed artifact that could not be compared.
  package struct Failure: Codable, Sendable {
    /// The artifact's name.
    package var name: String
    /// The cause, in words.
    package var reason: String
  }

  /// The label of the old side.
  package var old: String
  /// The label of the new side.
  package var new: String
  /// Names of artifacts that only the new version has.
  package var added: [String] = []
  /// Names of artifacts that only the old version has.
  package var gone: [String] = []
  /// The number of artifacts that have the same bytes in both versions.
  package var same = 0
  /// The artifacts that differ; one for two artifacts, also when they are the same.
  package var differences: [ArtifactDifference] = []
  /// The artifacts of two versions that differ and could not be compared.
  package var failures: [Failure] = []
  /// True when versions were compared, not single artifacts.
  package var isOfVersions = false

  /// Compares two sides.
  /// - Parameters:
  ///   - old: the old side.
  ///   - new: the new side, of the same kind.
  ///   - store: knows the bytes that both share; `nil` when only files are compared.
  ///   - limits: the most rows, lines and values that are kept.
  ///   - entries: opens the index of entries that curated pairs were matched with.
  /// - Throws: ``OperationError`` when one side is an artifact and the other a version, or their formats differ; the
  ///   errors of comparing two artifacts. Of two versions every artifact that cannot be read is one of ``failures``.
  package init(
    old: DiffSide, new: DiffSide, store: ArtifactStore?, limits: DifferenceLimits,
    entries: @escaping (ArtifactContent) throws -> (any EntryMatching)?
  ) throws {
    self.old = old.label
    self.new = new.label
    let comparer = ItemComparer(store: store, limits: limits, entries: entries)

    switch (old.subject, new.subject) {
    case (.artifact(let first), .artifact(let second)): differences = [try comparer.difference(first, second)]
    case (.version(let first), .version(let second)):
      isOfVersions = true
      compare(first, second, by: comparer)
    case (.artifact, .version): throw Self.mixed(artifact: old, version: new)
    case (.version, .artifact): throw Self.mixed(artifact: new, version: old)
    }
  }

  private static func mixed(artifact: DiffSide, version: DiffSide) -> OperationError {
    OperationError(
      operation: "compare", subject: "\(artifact.label), \(version.label)",
      reason: "\(artifact.label) is one artifact and \(version.label) a version",
      advice: "compare two of a kind, as `colophon diff NAME@A NAME@B`")
  }

  /// Compares the artifacts of two versions by name.
  private mutating func compare(_ old: [DiffSide.Item], _ new: [DiffSide.Item], by comparer: ItemComparer) {
    let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(new.map(\.name))
    gone = old.map(\.name).filter { !names.contains($0) }

    for item in new {
      guard let other = before[item.name] else {
        added.append(item.name)
        continue
      }
      if other.digest == item.digest, other.format == item.format {
        same += 1
        continue
      }
      do { differences.append(try comparer.difference(other, item)) } catch {
        failures.append(Failure(name: item.name, reason: "\(error)"))
      }
    }
  }

  /// The lines that say which artifacts are new, gone and the same.
  package var notes: [String] {
    guard isOfVersions else { return [] }
    var notes: [String] = []
    if !added.isEmpty { notes.append("new: \(added.joined(separator: ", "))") }
    if !gone.isEmpty { notes.append("gone: \(gone.joined(separator: ", "))") }
    notes += failures.map { "not compared: \($0.name): \($0.reason)" }
    notes.append("\(differences.count + failures.count) changed, \(same) the same")
    return notes
  }
}

/// Compares pairs of artifacts.
private struct ItemComparer {
  let store: ArtifactStore?
  let limits: DifferenceLimits
  let entries: (ArtifactContent) throws -> (any EntryMatching)?

  func difference(_ old: DiffSide.Item, _ new: DiffSide.Item) throws -> ArtifactDifference {
    // A file on disk has the format of the artifact that it is compared with.
    let formats = Set([old, new].filter { $0.stored != nil || $0.content == nil }.map(\.format))
    guard formats.count < 2 else {
      throw OperationError(
        operation: "compare", subject: "\(old.name), \(new.name)",
        reason: "\(old.name) is \(old.format) and \(new.name) is \(new.format)",
        advice: "compare contents of one format")
    }
    guard let first = old.content, let second = new.content else {
      let missing = old.content == nil ? old : new
      throw OperationError(
        operation: "compare", subject: missing.name,
        reason: "its bytes (\(missing.digest.short)) are not in this store",
        advice: "run the notebook that makes them, or `colophon pull` them")
    }

    var difference = try Comparison.difference(
      of: first, new: second, format: formats.first ?? new.format, name: new.name, limits: limits,
      entries: try (new.index ?? old.index).flatMap(entries))
    if let store, let before = old.stored, let after = new.stored, !difference.isIdentical {
      let (shared, all) = try store.sharedBytes(old: before, new: after)
      difference.shared = .init(bytes: shared, of: all)
    }
    return difference
  }
}
