/// Reduces any `Encodable` value to a ``CanonicalValue``.
///
/// Artifacts and input files are reduced to the digest of their content, sets and dictionaries to an order that does not depend
/// on the process. A `Float` counts as the `Double` of the same value.
public struct CanonicalEncoder {
  private let fileDigest: (@Sendable (InputFile) throws -> Digest)?
  private let folderDigest: (@Sendable (InputFolder) throws -> Digest)?

  /// - Parameters:
  ///   - fileDigest: the content digest of an input file; without it, an input file is encoded as its path.
  ///   - folderDigest: the same of an input folder.
  public init(
    fileDigest: (@Sendable (InputFile) throws -> Digest)? = nil,
    folderDigest: (@Sendable (InputFolder) throws -> Digest)? = nil
  ) {
    self.fileDigest = fileDigest
    self.folderDigest = folderDigest
  }

  /// - Throws: what the value's own `encode(to:)` throws, and what `fileDigest` throws.
  public func value(of value: some Encodable) throws -> CanonicalValue {
    try reduce(value, isRoot: true)
  }

  fileprivate func reduce(_ value: any Encodable, isRoot: Bool = false) throws -> CanonicalValue {
    switch value {
    case let value as String: return .text(value)
    case let value as Int: return .integer(Int64(value))
    case let value as Double: return .number(value)
    case let value as Bool: return .boolean(value)
    case let value as Digest: return .digest(value)
    case let file as InputFile: return try fileDigest.map { .digest(try $0(file)) } ?? .text(file.path)
    case let folder as InputFolder:
      guard let folderDigest else { break }
      return .digest(try folderDigest(folder))
    case let value as any FileArtifact:
      return .record([.init("format", .text(type(of: value).format)), .init("content", .digest(value.content.digest))])
    case let value as any UnorderedCollection: return try value.canonical(self)
    default: break
    }
    let node = Node()
    try value.encode(to: NodeEncoder(encoder: self, node: node, codingPath: []))
    return node.value
  }
}

/// Collections whose `Codable` order differs between processes.
private protocol UnorderedCollection {
  func canonical(_ encoder: CanonicalEncoder) throws -> CanonicalValue
}

extension Set: UnorderedCollection {
  fileprivate func canonical(_ encoder: CanonicalEncoder) throws -> CanonicalValue {
    .unordered(
      try map { member in
        guard let member = member as? any Encodable else { throw CanonicalEncodingError(type: "\(Element.self)") }
        return try encoder.reduce(member)
      })
  }
}

extension Dictionary: UnorderedCollection {
  fileprivate func canonical(_ encoder: CanonicalEncoder) throws -> CanonicalValue {
    let pairs = try map { key, value in
      guard let key = key as? any Encodable, let value = value as? any Encodable else {
        throw CanonicalEncodingError(type: "\(Key.self): \(Value.self)")
      }
      return (try encoder.reduce(key), try encoder.reduce(value))
    }
    if Key.self == String.self {
      return .record(
        pairs.map { key, value in
          guard case .text(let name) = key else { return .init("", value) }
          return .init(name, value)
        })
    }
    return .unordered(pairs.map { .list([$0.0, $0.1]) })
  }
}

/// A member of a set or dictionary that cannot be encoded.
package struct CanonicalEncodingError: Error, CustomStringConvertible {
  package let type: String
  package var description: String { "a value of type \(type) cannot be part of a stage's inputs: it is not Encodable" }
}

/// Where an encoder puts its result.
private final class Node {
  enum Kind { case record, single, list }
  var kind = Kind.record
  private var single = CanonicalValue.null
  private var members: [Node] = []
  private var names: [String] = []

  var value: CanonicalValue {
    switch kind {
    case .single: single
    case .list: .list(members.map(\.value))
    case .record: .record(zip(names, members).map { CanonicalValue.Field($0, $1.value) })
    }
  }

  func set(_ value: CanonicalValue) {
    kind = .single
    single = value
  }

  func becomeList() { kind = .list }

  func append() -> Node {
    let node = Node()
    members.append(node)
    return node
  }

  func field(_ name: String) -> Node {
    names.append(name)
    return append()
  }
}

private struct NodeEncoder: Encoder {
  let encoder: CanonicalEncoder
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Keyed(encoder: encoder, node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeList()
    return Unkeyed(encoder: encoder, node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(encoder: encoder, node: node, codingPath: codingPath)
  }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: CanonicalEncoder
  let node: Node
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) throws { node.field(key.stringValue).set(.null) }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    node.field(key.stringValue).set(try encoder.reduce(value))
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(
      Keyed<Nested>(encoder: encoder, node: node.field(key.stringValue), codingPath: codingPath + [key]))
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    let child = node.field(key.stringValue)
    child.becomeList()
    return Unkeyed(encoder: encoder, node: child, codingPath: codingPath + [key])
  }

  mutating func superEncoder() -> any Encoder {
    NodeEncoder(encoder: encoder, node: node.field("super"), codingPath: codingPath)
  }

  mutating func superEncoder(forKey key: Key) -> any Encoder {
    NodeEncoder(encoder: encoder, node: node.field(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  let encoder: CanonicalEncoder
  let node: Node
  let codingPath: [any CodingKey]
  var count = 0

  mutating func encodeNil() throws { next().set(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws { next().set(try encoder.reduce(value)) }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(Keyed<Nested>(encoder: encoder, node: next(), codingPath: codingPath))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    let child = next()
    child.becomeList()
    return Unkeyed(encoder: encoder, node: child, codingPath: codingPath)
  }

  mutating func superEncoder() -> any Encoder { NodeEncoder(encoder: encoder, node: next(), codingPath: codingPath) }

  private mutating func next() -> Node {
    count += 1
    return node.append()
  }
}

private struct Single: SingleValueEncodingContainer {
  let encoder: CanonicalEncoder
  let node: Node
  let codingPath: [any CodingKey]

  mutating func encodeNil() throws { node.set(.null) }
  mutating func encode(_ value: Bool) throws { node.set(.boolean(value)) }
  mutating func encode(_ value: String) throws { node.set(.text(value)) }
  mutating func encode(_ value: Double) throws { node.set(.number(value)) }
  mutating func encode(_ value: Float) throws { node.set(.number(Double(value))) }
  mutating func encode(_ value: Int) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: Int8) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: Int16) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: Int32) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: Int64) throws { node.set(.integer(value)) }
  mutating func encode(_ value: UInt) throws { node.set(Self.unsigned(UInt64(value))) }
  mutating func encode(_ value: UInt8) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: UInt16) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: UInt32) throws { node.set(.integer(Int64(value))) }
  mutating func encode(_ value: UInt64) throws { node.set(Self.unsigned(value)) }
  mutating func encode<T: Encodable>(_ value: T) throws { node.set(try encoder.reduce(value)) }

  private static func unsigned(_ value: UInt64) -> CanonicalValue {
    Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
  }
}
