internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Tensor

/// The tensors of one safetensors file, or of the several that a large model is cut into.
final class WeightFiles {
  private let files: [(mapped: MappedBytes, header: SafetensorsHeader)]
  private var places: [String: Int] = [:]
  private let subject: String

  /// - Parameter files: mapped files under their names, for errors.
  /// - Throws: `OperationError` when a file is damaged; ``OperationError`` when a tensor is in two of them.
  init(_ files: [(name: String, mapped: MappedBytes)]) throws {
    subject = files.map(\.name).joined(separator: ", ")
    self.files = try files.map { name, mapped in
      (mapped, try withExtendedLifetime(mapped) { try SafetensorsHeader(mapped.bytes, subject: name) })
    }
    for (index, file) in self.files.enumerated() {
      for name in file.header.places.keys {
        if let other = places.updateValue(index, forKey: name) {
          throw OperationError(
            operation: "read the weights", subject: files[index].name, cause: "\(name) is in \(files[other].name) too")
        }
      }
    }
  }

  /// The names of all tensors.
  var names: some Collection<String> { places.keys }

  /// A tensor's shape; `nil` when there is none of that name.
  func shape(_ name: String) -> [Int]? { places[name].flatMap { files[$0].header.places[name]?.shape } }

  /// A tensor's elements in row-major order, as float32.
  func elements(of name: String) throws -> [Float] {
    guard let index = places[name] else {
      throw OperationError(operation: "read the weights", subject: subject, cause: "there is no tensor \(name)")
    }
    let (mapped, header) = files[index]
    return try withExtendedLifetime(mapped) { try header.elements(of: name, in: mapped.bytes) }
  }

  /// Compares what is there with what a model needs.
  /// - Parameters:
  ///   - wanted: all names and shapes; a name may come several times.
  ///   - isIgnored: whether a tensor that is not wanted may be there.
  /// - Throws: ``OperationError`` that lists every tensor that is missing, has another shape, or is not wanted.
  func check(_ wanted: [(name: String, shape: [Int])], isIgnored: (String) -> Bool = { _ in false }) throws {
    var missing: Set<String> = []
    var misshaped: [String: String] = [:]
    var known: Set<String> = []
    for (name, shape) in wanted where known.insert(name).inserted {
      guard let found = self.shape(name) else {
        missing.insert(name)
        continue
      }
      if found != shape { misshaped[name] = "\(name) \(found) instead of \(shape)" }
    }
    let extra = Set(places.keys).subtracting(known).filter { !isIgnored($0) }
    var faults: [String] = []
    if !missing.isEmpty { faults.append("missing: " + Safetensors.sorted(missing).joined(separator: ", ")) }
    if !misshaped.isEmpty {
      faults.append(
        "of another shape than the configuration asks for: "
          + Safetensors.sorted(misshaped.keys).compactMap { misshaped[$0] }.joined(separator: ", "))
    }
    if !extra.isEmpty {
      faults.append("not part of such a model: " + Safetensors.sorted(extra).joined(separator: ", "))
    }
    guard faults.isEmpty else {
      throw OperationError(operation: "read the weights", subject: subject, cause: faults.joined(separator: "; "))
    }
  }

  /// Throws when tensors hold numbers that are not finite.
  /// - Parameter names: those tensors.
  func reject(_ names: Set<String>) throws {
    guard !names.isEmpty else { return }
    throw OperationError(
      operation: "read the weights", subject: subject,
      cause:
        "numbers that are not finite are in \(Safetensors.sorted(names).joined(separator: ", ")): the training diverged or the "
        + "file is damaged; take another checkpoint")
  }
}

extension [Float] {
  /// Whether none is infinite or NaN.
  var areFinite: Bool { allSatisfy(\.isFinite) }
}
