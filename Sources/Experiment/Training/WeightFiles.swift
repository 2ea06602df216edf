internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Tensor

/// The tensors of one safetensors file, or of the several that a large model is cut into.
final class WeightFiles {
  private let files: [(mapped: MappedBytes, header: SafetensorsHeader)]
  /// The position in ``files`` of each tensor's file.
  private var fileOfTensor: [String: Int] = [:]
  private let subject: String

  /// Reads the headers of files.
  /// - Parameter files: mapped files under their names, for errors.
  /// - Throws: ``OperationError`` when a file is damaged, or a tensor is in two of them.
  init(_ files: [(name: String, mapped: MappedBytes)]) throws {
    subject = files.map(\.name).joined(separator: ", ")
    self.files = try files.map { name, mapped in
      (mapped, try withExtendedLifetime(mapped) { try SafetensorsHeader(mapped.bytes, subject: name) })
    }
    for (index, file) in self.files.enumerated() {
      for name in file.header.places.keys {
        if let other = fileOfTensor.updateValue(index, forKey: name) {
          throw OperationError(
            operation: "read the weights", subject: files[index].name, cause: "\(name) is in \(files[other].name) too")
        }
      }
    }
  }

  /// The names of all tensors.
  var names: some Collection<String> { fileOfTensor.keys }

  /// A tensor's shape; `nil` when it does not exist.
  func shape(_ name: String) -> [Int]? { fileOfTensor[name].flatMap { files[$0].header.places[name]?.shape } }

  /// A tensor's elements in row-major order, as float32.
  /// - Throws: ``OperationError`` when it does not exist, or its type is not a floating-point one.
  func elements(of name: String) throws -> [Float] {
    guard let index = fileOfTensor[name] else {
      throw OperationError(operation: "read the weights", subject: subject, cause: "there is no tensor \(name)")
    }
    let (mapped, header) = files[index]
    return try withExtendedLifetime(mapped) { try header.elements(of: name, in: mapped.bytes) }
  }

  /// Compares the tensors with those that a model needs.
  /// - Parameters:
  ///   - wanted: all names and shapes; a name may occur several times.
  ///   - isIgnored: true for a tensor that may be there although it is not wanted.
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
    let extra = Set(fileOfTensor.keys).subtracting(known).filter { !isIgnored($0) }

    // All differences in one error: a file in another layout has many.
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

  /// Refuses tensors with numbers that are not finite.
  /// - Parameter names: those tensors.
  /// - Throws: ``OperationError`` when there is one.
  func reject(_ names: Set<String>) throws {
    guard !names.isEmpty else { return }
    throw OperationError(
      operation: "read the weights", subject: subject,
      cause: """
        numbers that are not finite are in \(Safetensors.sorted(names).joined(separator: ", ")): the training diverged \
        or the file is damaged; take another checkpoint
        """)
  }
}

extension [Float] {
  /// True when no element is infinite or NaN.
  var areFinite: Bool { allSatisfy(\.isFinite) }
}
