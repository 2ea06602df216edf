package import ArtifactStore
package import Core
package import Differences
internal import Foundation

/// What two sides of a comparison have in common and what not.
package struct DiffReport: Codable, Sendable {
  /// A changed artifact that could not be looked into.
  package struct Failure: Codable, Sendable {
    package var name: String
    package var reason: String
  }

  package var old: String
  package var new: String
  /// Names of artifacts that only the new version has.
  package var added: [String] = []
  /// Names of artifacts that only the old version has.
  package var gone: [String] = []
  /// How many artifacts of both versions have the same bytes.
  package var same = 0
  /// The artifacts that differ; one for two artifacts, also when they are the same.
  package var differences: [ArtifactDifference] = []
  package var failures: [Failure] = []
  /// Whether versions were compared, not single artifacts.
  package var isOfVersions = false

  /// Compares two sides.
  /// - Parameters:
  ///   - store: tells which bytes both share; `nil` for files alone.
  ///   - entries: opens an index of entries that curated pairs were matched with.
  /// - Throws: ``DriverError`` when one is an artifact and the other a version, or their formats are not the same; for two artifacts
  ///   what comparing them throws. Of two versions every artifact that cannot be read is one of ``failures``.
  package init(
    old: DiffSide, new: DiffSide, store: ArtifactStore?, limits: DifferenceLimits,
    entries: (ArtifactContent) throws -> (any EntryMatching)?
  ) throws {
    self.old = old.label
    self.new = new.label
    switch (old.subject, new.subject) {
    case (.artifact(let first), .artifact(let second)):
      differences = [try Self.difference(first, second, store, limits, entries)]
    case (.version(let first), .version(let second)):
      isOfVersions = true
      compare(first, second, store, limits, entries)
    case (.artifact, .version):
      throw DriverError(
        "\(old.label) is one artifact and \(new.label) a version; compare two of a kind, as `colophon diff NAME@A NAME@B`"
      )
    case (.version, .artifact):
      throw DriverError(
        "\(new.label) is one artifact and \(old.label) a version; compare two of a kind, as `colophon diff NAME@A NAME@B`"
      )
    }
  }

  private mutating func compare(
    _ old: [DiffSide.Item], _ new: [DiffSide.Item], _ store: ArtifactStore?, _ limits: DifferenceLimits,
    _ entries: (ArtifactContent) throws -> (any EntryMatching)?
  ) {
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
      do { differences.append(try Self.difference(other, item, store, limits, entries)) } catch {
        failures.append(Failure(name: item.name, reason: "\(error)"))
      }
    }
  }

  private static func difference(
    _ old: DiffSide.Item, _ new: DiffSide.Item, _ store: ArtifactStore?, _ limits: DifferenceLimits,
    _ entries: (ArtifactContent) throws -> (any EntryMatching)?
  ) throws -> ArtifactDifference {
    // A file on disk has the format of the artifact that it is compared with.
    let formats = Set([old, new].filter { $0.stored != nil || $0.content == nil }.map(\.format))
    guard formats.count < 2 else {
      throw DriverError(
        "\(old.name) is \(old.format) and \(new.name) is \(new.format): only contents of one format can be compared")
    }
    guard let first = old.content, let second = new.content else {
      let missing = old.content == nil ? old : new
      throw DriverError(
        "the bytes of \(missing.name) (\(missing.digest.short)) are not in this store; run the notebook that makes them, or fetch them"
      )
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
