package import Core
internal import FileFormats

/// The relation of two contents of one artifact.
package enum Equivalence: Sendable, Codable, Equatable {
  /// The same bytes.
  case identical
  /// Other bytes, but every number within the tolerance and everything else equal.
  /// - Parameters:
  ///   - largest: the largest |a−b| / max(1, |a|, |b|) of two numbers.
  ///   - tolerance: the largest that was allowed.
  case equivalent(largest: Double, tolerance: Double)
  /// Something differs: the first record, row, tensor or line, in words.
  case diverged(first: String)
}

/// Comparisons of two contents of an artifact.
package enum Comparison {
  /// The relation of a fresh content to the recorded one.
  ///
  /// Two numbers are equal when |a−b| ≤ tolerance · max(1, |a|, |b|), and NaN is NaN; texts, keys, shapes, names of
  /// files and the order of everything must be the same. Numbers are those of JSON, JSON Lines, CSV, `.npy` and
  /// safetensors; other files are compared byte by byte.
  /// - Parameters:
  ///   - format: the artifact's format, such as `clip/1`.
  ///   - tolerance: `nil` takes the type's own (``defaultTolerance(of:)``), under which numbers that are written or
  ///     stored as whole numbers must be equal.
  /// - Throws: ``OperationError`` for a file that is not what its format says, where it differs: files and lines of
  ///   the same bytes are not parsed. The errors of the store.
  package static func equivalence(
    recorded: ArtifactContent, fresh: ArtifactContent, format: String, tolerance: Double?
  ) throws -> Equivalence {
    if recorded.digest == fresh.digest { return .identical }
    let allowed = tolerance ?? defaultTolerance(of: format)
    guard allowed >= 0, allowed.isFinite else {
      throw OperationError(
        operation: "compare", subject: format,
        cause: "\(allowed) is not a tolerance: give a number of at least 0")
    }

    if let difference = firstDifferenceOfNames(Sides(recorded, fresh)) { return .diverged(first: difference) }
    let isSingle = recorded.files.count == 1
    var closeness = Closeness(tolerance: allowed, takesWholeNumbersExactly: tolerance == nil)
    for (old, new) in zip(recorded.files, fresh.files) where old.digest != new.digest {
      let files = try Sides(old, new).map { try MappedBytes($0) }
      var comparison = FirstDifference(files: files, ids: recorded["ids.txt"], closeness: closeness)
      let difference = try withExtendedLifetime(files) {
        try comparison.find(as: FileKind(of: old.name, format: format))
      }
      if let difference { return .diverged(first: isSingle ? difference : "\(old.name): \(difference)") }
      closeness = comparison.closeness
    }
    return .equivalent(largest: closeness.largest, tolerance: allowed)
  }

  /// The tolerance for the numbers of an artifact type.
  ///
  /// 1e-5 for models, vectors, evaluations, tables and small values, whose numbers were computed with 32-bit floats,
  /// of which the last bits depend on the processor (`torch.testing.assert_close` allows 1.3e-6 relative and 1e-5
  /// absolute for one operation); 0 for data.
  package static func defaultTolerance(of format: String) -> Double {
    switch format {
    case "clip/1", "embeddings/1", "outcomes/1", "table/1", "keeping-probabilities/1": 1e-5
    default: format.hasPrefix("json/") ? 1e-5 : 0
    }
  }

  /// The first name of a file that only one of them has.
  private static func firstDifferenceOfNames(_ contents: Sides<ArtifactContent>) -> String? {
    let (before, after) = (contents.old.files.map(\.name), contents.new.files.map(\.name))
    // The only file of an artifact has the name that its writer gave it, which is not part of the value.
    if before == after || (before.count == 1 && after.count == 1) { return nil }
    if let gone = before.first(where: { !after.contains($0) }) { return "the file \(gone) is gone" }
    return after.first { !before.contains($0) }.map { "the file \($0) is new" }
  }
}
