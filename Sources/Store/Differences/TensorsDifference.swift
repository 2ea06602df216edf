/// What changed in the tensors of a safetensors file or in one array: shapes, the largest and the relative difference, the cosine.
enum TensorsDifference {
  private struct Rank: Comparable {
    var size: Double
    var name: String
    /// The largest first.
    static func < (a: Rank, b: Rank) -> Bool { a.size != b.size ? a.size > b.size : a.name < b.name }
  }

  /// Two safetensors files.
  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    let before = try SafetensorsFile.read(old)
    let after = try SafetensorsFile.read(new)
    try fill(&difference, (before.tensors, old), (after.tensors, new), limits, title, "tensor")
    if before.metadata != after.metadata {
      let rows = Set(before.metadata.keys).union(after.metadata.keys).sorted().compactMap {
        key -> [ArtifactDifference.Cell]? in
        let (a, b) = (before.metadata[key], after.metadata[key])
        return a == b
          ? nil : [.init(key.shortened), .init(a?.shortened ?? "", .gone), .init(b?.shortened ?? "", .added)]
      }
      difference.sections.append(
        ArtifactDifference.Section(
          (title.isEmpty ? "" : title + ": ") + "Texts of the header", columns: ["name", "before", "after"],
          rows: Array(rows.prefix(limits.rows)), omitted: max(0, rows.count - limits.rows)))
    }
  }

  /// Two `.npy` files.
  static func fill(
    _ difference: inout ArtifactDifference, arrays old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    var before = try NPYFile.read(old)
    var after = try NPYFile.read(new)
    before.name = "array"
    after.name = "array"
    try fill(&difference, ([before], old), ([after], new), limits, title, "array")
  }

  private static func fill(
    _ difference: inout ArtifactDifference, _ old: (tensors: [TensorSpan], file: MappedFile),
    _ new: (tensors: [TensorSpan], file: MappedFile), _ limits: DifferenceLimits, _ title: String, _ unit: String
  ) throws {
    let others = Dictionary(new.tensors.map { ($0.name, $0) }) { first, _ in first }
    var (same, changed, reshaped, gone) = (0, 0, 0, 0)
    var all = TensorStatistics.Largest()
    var rows = Ranked<Rank, [ArtifactDifference.Cell]>(limit: limits.rows)
    for tensor in old.tensors {
      guard let other = others[tensor.name] else {
        gone += 1
        rows.add(
          Rank(size: .infinity, name: tensor.name),
          [.init(tensor.name.shortened), .init(words(tensor), .gone), .init("gone")])
        continue
      }
      guard tensor.shape == other.shape, tensor.typeName == other.typeName else {
        reshaped += 1
        rows.add(
          Rank(size: .infinity, name: tensor.name),
          [.init(tensor.name.shortened), .init("\(words(tensor)) → \(words(other))", .changed), .init("other shape")])
        continue
      }
      let found = statistics(tensor, old.file, other, new.file)
      guard let found else {
        same += 1
        continue
      }
      changed += 1
      all.add(found, tensor.name)
      rows.add(
        Rank(size: found.relative ?? found.largest, name: tensor.name),
        [
          .init(tensor.name.shortened), .init(words(tensor)), .init(NumberWords.short(found.largest), .changed),
          .init(found.relative.map(NumberWords.short) ?? ""), .init(found.cosine.map { cosineWords($0) } ?? ""),
          .init(found.odd > 0 ? NumberWords.whole(found.odd) : "", .outside),
        ])
    }
    let names = Set(old.tensors.map(\.name))
    let added = new.tensors.filter { !names.contains($0.name) }
    for tensor in added {
      rows.add(
        Rank(size: .infinity, name: tensor.name),
        [.init(tensor.name.shortened), .init(words(tensor), .added), .init("new")])
    }
    let parts = NumberWords.list([
      (changed, changed == 1 ? "\(unit) changed" : "\(unit)s changed"), (reshaped, "with another shape"),
      (added.count, "new"),
      (gone, "gone"), (same, "the same"),
    ])
    let prefix = title.isEmpty ? "" : title + ": "
    difference.headline =
      prefix + (changed + reshaped + added.count + gone == 0 ? "the same \(unit)s, written otherwise" : parts)
      + all.words
    difference.counts += [
      .init(prefix + "\(unit)s changed", changed), .init(prefix + "\(unit)s reshaped", reshaped),
      .init(prefix + "\(unit)s new", added.count), .init(prefix + "\(unit)s gone", gone),
      .init(prefix + "\(unit)s the same", same),
    ]
    guard rows.count > 0 else { return }
    difference.sections.append(
      ArtifactDifference.Section(
        prefix + unit.capitalizedFirst + "s",
        columns: [unit, "shape", "largest difference", "relative", "cosine", "not finite"],
        rows: rows.items.map { $0 + Array(repeating: .init(""), count: 6 - $0.count) }, omitted: rows.omitted,
        note: "relative: ‖new − old‖ / ‖old‖; the largest first"))
  }

  private static func words(_ tensor: TensorSpan) -> String { "\(tensor.typeName.shortened) \(tensor.shapeText)" }

  /// A cosine near 1 by its distance from it.
  static func cosineWords(_ cosine: Double) -> String {
    1 - cosine < 1e-4 && cosine != 1 ? "1 − \(NumberWords.short(1 - cosine))" : NumberWords.short(cosine)
  }

  /// `nil` when the bytes are the same.
  private static func statistics(_ a: TensorSpan, _ old: MappedFile, _ b: TensorSpan, _ new: MappedFile)
    -> TensorStatistics?
  {
    let first = old[a.range]
    let second = new[b.range]
    var found = TensorStatistics()
    var isSame = true
    let size = a.type?.size ?? 1
    let count = first.count / size
    let blockSize = 1 << 20
    for start in stride(from: 0, to: count, by: blockSize) {
      let elements = start..<min(start + blockSize, count)
      let place = elements.lowerBound * size..<elements.upperBound * size
      if isSame,
        UnsafeRawBufferPointer(rebasing: first[place]).hasBytes(of: UnsafeRawBufferPointer(rebasing: second[place]))
      {
        // Up to here the sums of both are the same: they are made up for when something differs.
      } else if let type = a.type {
        if isSame, start > 0 { found.add(first, second, type, 0..<start) }
        isSame = false
        found.add(first, second, type, elements)
      } else {
        isSame = false
      }
      old.giveBack(a.range.lowerBound + place.lowerBound..<a.range.lowerBound + place.upperBound)
      new.giveBack(b.range.lowerBound + place.lowerBound..<b.range.lowerBound + place.upperBound)
    }
    return isSame ? nil : found
  }
}

extension TensorStatistics {
  /// The tensor that moved most.
  struct Largest {
    private var name = ""
    private var relative = 0.0

    mutating func add(_ found: TensorStatistics, _ name: String) {
      guard let relative = found.relative, relative > self.relative else { return }
      self.relative = relative
      self.name = name
    }

    /// `; most: layer.weight by 1.2 %`.
    var words: String { name.isEmpty ? "" : "; most: \(name.shortened) by \(NumberWords.short(relative * 100)) %" }
  }
}
