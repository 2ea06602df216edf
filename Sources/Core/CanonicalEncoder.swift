/// Reduces any `Encodable` value to a ``CanonicalValue``.
///
/// Artifacts are reduced to the digest of their content, sets and dictionaries to an order that is the same in every
/// process. A `Float` counts as the `Double` of the same value.
public struct CanonicalEncoder {
  /// The digest of an input that counts separately; `nil` when inputs are part of the value.
  private let inputDigest: ((NestedInput.Value) throws -> Digest)?

  /// An encoder for which an input file is its path, and an input folder the record of its properties.
  public init() { inputDigest = nil }

  private init(inputDigest: @escaping (NestedInput.Value) throws -> Digest) { self.inputDigest = inputDigest }

  /// The canonical form of a value.
  /// - Throws: the errors of the value's own `encode(to:)`; ``OperationError`` for a type that has no canonical form,
  ///   such as `Int128`.
  public func value(of value: some Encodable) throws -> CanonicalValue {
    do {
      return try reduce(value).value
    } catch let fault as EncodingFault {
      throw fault.cause
    }
  }

  /// The structure of a value, and the inputs in it.
  ///
  /// In the structure, ``CanonicalValue/input(_:)`` is in the place of each input, so that structure and digests
  /// together are different for different values. An artifact that is not in files, and a stage, is looked through for
  /// further inputs.
  /// - Parameters:
  ///   - value: such as a property of a stage.
  ///   - digest: the digest that an input counts by, which also decides the order of the members of a set; not called
  ///     for stages.
  /// - Returns: the structure; the inputs in the order of their places.
  /// - Throws: ``EncodingFault`` for a value that cannot be encoded; the errors of `digest`.
  package static func structure(
    of value: any Encodable, digest: @escaping (NestedInput.Value) throws -> Digest
  ) throws -> (structure: CanonicalValue, inputs: [NestedInput]) {
    do {
      let reduced = try CanonicalEncoder(inputDigest: digest).reduce(value)
      return (reduced.value, reduced.inputs)
    } catch let failure as InputFailure {
      throw failure.cause
    }
  }

  func reduce(_ value: any Encodable) throws -> ReducedValue {
    switch value {
    case let value as String: return ReducedValue(.text(value))
    case let value as Int: return ReducedValue(.integer(Int64(value)))
    case let value as Double: return ReducedValue(.number(value))
    case let value as Bool: return ReducedValue(.boolean(value))
    case let value as Digest: return ReducedValue(.digest(value))
    case let file as InputFile:
      guard inputDigest != nil else { return ReducedValue(.text(file.path)) }
      return try input(.file(file))
    case let folder as InputFolder:
      guard inputDigest != nil else { break }
      return try input(.folder(folder))
    case let artifact as any FileArtifact:
      guard inputDigest == nil else { return try input(.artifact(artifact)) }
      return ReducedValue(
        .record([
          .init("format", .text(type(of: artifact).format)), .init("content", .digest(artifact.content.digest)),
        ]))
    case let value as any UnorderedCollection: return try value.reduced(by: self)
    default: break
    }

    // Any other type describes itself through its conformance to `Encodable`.
    let node = CanonicalNode()
    do {
      try value.encode(to: NodeEncoder(encoder: self, node: node, codingPath: []))
    } catch let error where !(error is EncodingFault || error is InputFailure) {
      throw EncodingFault(error)
    }
    return inputDigest == nil ? node.reduced : try withItself(value, node.reduced)
  }

  /// The place of an input, with the input.
  private func input(_ value: NestedInput.Value) throws -> ReducedValue {
    do {
      let digest = try inputDigest?(value)
      return ReducedValue(.input(value.kind), inputs: [NestedInput(path: "", value: value, digest: digest)])
    } catch {
      throw InputFailure(cause: error)
    }
  }

  /// A reduced value that counts by content when it is an artifact, and has its code counted when it is a stage. The
  /// inputs inside it stay: a cell may have put it together from outputs of several stages.
  private func withItself(_ value: any Encodable, _ reduced: ReducedValue) throws -> ReducedValue {
    var reduced = reduced
    if !(value is any PlainValue), let artifact = value as? any Artifact {
      let own = try input(.artifact(artifact))
      reduced = ReducedValue(own.value, inputs: own.inputs + reduced.inputs)
    }
    if let stage = value as? any Stage {
      reduced.inputs.insert(NestedInput(path: "", value: .stage(stage), digest: nil), at: 0)
    }
    return reduced
  }
}

/// An error of the function that computes the digests of inputs, which is passed on unchanged.
private struct InputFailure: Error {
  let cause: any Error
}

/// Values that count as parameters although a stage may return them.
private protocol PlainValue {}
extension Array: PlainValue {}
extension Optional: PlainValue {}

/// Collections whose `Codable` order differs between processes.
private protocol UnorderedCollection {
  func reduced(by encoder: CanonicalEncoder) throws -> ReducedValue
}

extension Set: UnorderedCollection {
  fileprivate func reduced(by encoder: CanonicalEncoder) throws -> ReducedValue {
    try .unordered(
      map { member in
        guard let member = member as? any Encodable else { throw notEncodable("\(Element.self)") }
        return try encoder.reduce(member)
      })
  }
}

extension Dictionary: UnorderedCollection {
  fileprivate func reduced(by encoder: CanonicalEncoder) throws -> ReducedValue {
    let pairs = try map { key, value in
      guard let key = key as? any Encodable, let value = value as? any Encodable else {
        throw notEncodable("\(Key.self): \(Value.self)")
      }
      let reducedKey = try encoder.reduce(key)
      do {
        return (key: reducedKey, value: try encoder.reduce(value))
      } catch let fault as EncodingFault {
        throw fault.inside(InputPath.key(reducedKey.value))
      }
    }
    return .dictionary(pairs, isRecord: Key.self == String.self)
  }
}

/// The error for a member of a set or dictionary that cannot be encoded.
private func notEncodable(_ type: String) -> EncodingFault {
  EncodingFault(
    OperationError(
      operation: "encode a value in canonical form", subject: type, reason: "it is not Encodable",
      advice: "use a type that conforms to Codable"))
}
