internal import FileFormats
internal import TextFormatting

/// The changes in the tensors of a safetensors file or in one array: shapes, the largest and the relative difference,
/// the cosine.
enum TensorsDifference {
  private struct Rank: Comparable {
    let size: Double
    let name: String

    /// The largest first.
    static func < (a: Rank, b: Rank) -> Bool { a.size != b.size ? a.size > b.size : a.name < b.name }
  }

  /// Two safetensors files.
  static func ofCheckpoints(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let checkpoints = try files.map { try TensorSpan.safetensors($0) }
    var finding = of(checkpoints.map(\.tensors), unit: "tensor", limits: limits)

    let texts = checkpoints.map(\.metadata)
    let names = Set(texts.old.keys).union(texts.new.keys).sorted().filter { texts.old[$0] != texts.new[$0] }
    let rows = names.map { name -> ArtifactDifference.Row in
      let sides = texts.map { $0[name]?.shortened ?? "" }
      return [.init(name.shortened), .init(sides.old, .gone), .init(sides.new, .added)]
    }
    finding.add(
      ArtifactDifference.Section(
        "Texts of the header", columns: ["name", "before", "after"], firstOf: rows, limits: limits))
    return finding
  }

  /// Two `.npy` files.
  static func ofArrays(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    of(try files.map { [try TensorSpan(npy: $0)] }, unit: "array", limits: limits)
  }

  private static func of(_ tensors: Sides<[TensorSpan]>, unit: String, limits: DifferenceLimits) -> Finding {
    let others = Dictionary(tensors.new.map { ($0.name, $0) }) { first, _ in first }
    var (same, changed, reshaped, gone) = (0, 0, 0, 0)
    var most: (name: String, relative: Double) = ("", 0)
    var rows = Ranked<Rank, ArtifactDifference.Row>(limit: limits.rows)
    // Tensors that are not on both sides come first, before the ones that moved most.
    func add(_ name: String, size: Double = .infinity, _ cells: ArtifactDifference.Row) {
      rows.add(Rank(size: size, name: name), [.init(name.shortened)] + cells)
    }

    for tensor in tensors.old {
      guard let other = others[tensor.name] else {
        gone += 1
        add(tensor.name, [.init(tensor.words, .gone), .init("gone")])
        continue
      }
      guard tensor.shape == other.shape, tensor.typeName == other.typeName else {
        reshaped += 1
        add(tensor.name, [.init("\(tensor.words) → \(other.words)", .changed), .init("other shape")])
        continue
      }
      guard let found = statistics(Sides(tensor, other)) else {
        same += 1
        continue
      }
      changed += 1
      if let relative = found.relative, relative > most.relative { most = (tensor.name, relative) }
      add(tensor.name, size: found.relative ?? found.largest, [.init(tensor.words)] + cells(found))
    }

    let names = Set(tensors.old.map(\.name))
    let added = tensors.new.filter { !names.contains($0.name) }
    for tensor in added { add(tensor.name, [.init(tensor.words, .added), .init("new")]) }

    let parts = NumberWords.list([
      (changed, changed == 1 ? "\(unit) changed" : "\(unit)s changed"), (reshaped, "with another shape"),
      (added.count, "new"), (gone, "gone"), (same, "the same"),
    ])
    let headline = changed + reshaped + added.count + gone == 0 ? "the same \(unit)s, written otherwise" : parts
    let largest = most.name.isEmpty ? "" : "; most: \(most.name.shortened) by \(NumberText.share(most.relative))"
    var finding = Finding(
      headline: headline + largest,
      counts: [
        .init("\(unit)s changed", changed), .init("\(unit)s reshaped", reshaped), .init("\(unit)s new", added.count),
        .init("\(unit)s gone", gone), .init("\(unit)s the same", same),
      ])
    let columns = [unit, "shape", "largest difference", "relative", "cosine", "not finite"]
    finding.add(
      ArtifactDifference.Section(
        unit.capitalizedFirst + "s", columns: columns,
        rows: rows.items.map { $0 + Array(repeating: .init(""), count: columns.count - $0.count) },
        omitted: rows.omitted, note: "relative: ‖new − old‖ / ‖old‖; the largest first"))
    return finding
  }

  private static func cells(_ found: TensorStatistics) -> ArtifactDifference.Row {
    [
      .number(found.largest, .changed), .number(found.relative), .init(found.cosine.map { cosineWords($0) } ?? ""),
      .init(found.odd > 0 ? NumberText.integer(found.odd) : "", .outside),
    ]
  }

  /// A cosine near 1 by its distance from it.
  static func cosineWords(_ cosine: Double) -> String {
    let distance = NumberText.significant(1 - cosine)
    return 1 - cosine < 1e-4 && cosine != 1 ? "1 − \(distance)" : NumberText.significant(cosine)
  }

  /// The distance of two tensors of one shape and type; `nil` when their bytes are the same, without a distance where
  /// the type is not known.
  private static func statistics(_ tensors: Sides<TensorSpan>) -> TensorStatistics? {
    let bytes = tensors.map(\.bytes)
    guard let type = tensors.old.type else { return bytes.old.hasBytes(of: bytes.new) ? nil : TensorStatistics() }
    var found: TensorStatistics?
    tensors.forEachBlock(of: 1 << 20) { elements, isEqual in
      if isEqual, found == nil { return true }
      // The blocks before the first different one are added only now: most tensors do not differ at all.
      var statistics = found ?? TensorStatistics()
      statistics.add(bytes, of: type, in: (found == nil ? 0 : elements.lowerBound)..<elements.upperBound)
      found = statistics
      return true
    }
    return found
  }
}
