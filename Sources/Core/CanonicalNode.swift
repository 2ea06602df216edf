/// A value under construction, which an encoder fills.
final class CanonicalNode {
  private enum Kind { case record, single, list }
  private var kind = Kind.record
  private var single = ReducedValue(.null)
  private var members: [CanonicalNode] = []
  private var names: [String] = []

  /// The value as it was filled so far.
  var reduced: ReducedValue {
    switch kind {
    case .single: single
    case .list: .list(members.map(\.reduced))
    case .record: .record(zip(names, members).map { (name: $0, value: $1.reduced) })
    }
  }

  /// Makes the node a value without parts.
  func set(_ value: CanonicalValue) { set(ReducedValue(value)) }

  /// Makes the node a value that was reduced by itself.
  func set(_ value: ReducedValue) {
    kind = .single
    single = value
  }

  /// Makes the node a list, which may stay empty.
  func becomeList() { kind = .list }

  /// A new member at the end of a list.
  func append() -> CanonicalNode {
    let node = CanonicalNode()
    members.append(node)
    return node
  }

  /// A new field of a record.
  func field(_ name: String) -> CanonicalNode {
    names.append(name)
    return append()
  }
}

/// Fills a node with a value that describes itself.
struct NodeEncoder: Encoder {
  let encoder: CanonicalEncoder
  let node: CanonicalNode
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
  let node: CanonicalNode
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) throws { node.field(key.stringValue).set(.null) }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    let field = node.field(key.stringValue)
    do {
      field.set(try encoder.reduce(value))
    } catch let fault as EncodingFault {
      throw fault.inside(InputPath.field(key.stringValue))
    }
  }

  // Without these, the standard library would say that an encoder does not know the type.
  mutating func encode(_ value: Int128, forKey key: Key) throws {
    throw EncodingFault.unknown("Int128").inside(InputPath.field(key.stringValue))
  }
  mutating func encode(_ value: UInt128, forKey key: Key) throws {
    throw EncodingFault.unknown("UInt128").inside(InputPath.field(key.stringValue))
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
  let node: CanonicalNode
  let codingPath: [any CodingKey]
  var count = 0

  mutating func encodeNil() throws { next().set(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let position = count
    let member = next()
    do {
      member.set(try encoder.reduce(value))
    } catch let fault as EncodingFault {
      throw fault.inside(InputPath.position(position))
    }
  }

  mutating func encode(_ value: Int128) throws {
    throw EncodingFault.unknown("Int128").inside(InputPath.position(count))
  }
  mutating func encode(_ value: UInt128) throws {
    throw EncodingFault.unknown("UInt128").inside(InputPath.position(count))
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(Keyed<Nested>(encoder: encoder, node: next(), codingPath: codingPath))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    let child = next()
    child.becomeList()
    return Unkeyed(encoder: encoder, node: child, codingPath: codingPath)
  }

  mutating func superEncoder() -> any Encoder { NodeEncoder(encoder: encoder, node: next(), codingPath: codingPath) }

  private mutating func next() -> CanonicalNode {
    count += 1
    return node.append()
  }
}

private struct Single: SingleValueEncodingContainer {
  let encoder: CanonicalEncoder
  let node: CanonicalNode
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
  mutating func encode(_ value: Int128) throws { throw EncodingFault.unknown("Int128") }
  mutating func encode(_ value: UInt128) throws { throw EncodingFault.unknown("UInt128") }
  mutating func encode<T: Encodable>(_ value: T) throws { node.set(try encoder.reduce(value)) }

  private static func unsigned(_ value: UInt64) -> CanonicalValue {
    Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
  }
}
