/// The canonical form of a value, with the inputs that count separately and are not part of it.
struct ReducedValue {
  /// The form, with ``CanonicalValue/input(_:)`` in the place of each input.
  var value: CanonicalValue
  /// The inputs in the order of their places; none unless the encoder separates them.
  var inputs: [NestedInput]

  /// A value with the inputs in it, none unless given.
  init(_ value: CanonicalValue, inputs: [NestedInput] = []) {
    self.value = value
    self.inputs = inputs
  }

  /// The inputs as they are called in a value that has this one at the path.
  private func inputs(at path: String) -> [NestedInput] {
    inputs.map { input in
      var input = input
      input.path = path + input.path
      return input
    }
  }

  /// The members in their order.
  static func list(_ members: [ReducedValue]) -> ReducedValue {
    var list = ReducedValue(.list(members.map(\.value)))
    for (position, member) in members.enumerated() where !member.inputs.isEmpty {
      list.inputs += member.inputs(at: InputPath.position(position))
    }
    return list
  }

  /// The fields of a record, in any order.
  static func record(_ fields: [(name: String, value: ReducedValue)]) -> ReducedValue {
    var record = ReducedValue(.record(fields.map { .init($0.name, $0.value.value) }))
    for field in fields where !field.value.inputs.isEmpty {
      // The only value of an enum's case needs no name.
      let path = fields.count > 1 && field.name == "_0" ? "._0" : InputPath.field(field.name)
      record.inputs += field.value.inputs(at: path)
    }
    return record
  }

  /// The members of a set, in any order. Those with inputs are called by their positions among all members.
  static func unordered(_ members: [ReducedValue]) -> ReducedValue {
    let value = CanonicalValue.unordered(members.map(\.value))
    guard members.contains(where: { !$0.inputs.isEmpty }) else { return ReducedValue(value) }
    return ReducedValue(value, inputs: list(ordered(members) { $0 }).inputs)
  }

  /// The pairs of a dictionary, in any order.
  /// - Parameter isRecord: true for keys that are text, which are the names of fields.
  static func dictionary(_ pairs: [(key: ReducedValue, value: ReducedValue)], isRecord: Bool) -> ReducedValue {
    let value =
      isRecord
      ? CanonicalValue.record(
        pairs.map { pair in
          guard case .text(let name) = pair.key.value else { return .init("", pair.value.value) }
          return .init(name, pair.value.value)
        })
      : .unordered(pairs.map { .list([$0.key.value, $0.value.value]) })
    guard pairs.contains(where: { !$0.key.inputs.isEmpty || !$0.value.inputs.isEmpty }) else {
      return ReducedValue(value)
    }

    var dictionary = ReducedValue(value)
    for (position, pair) in ordered(pairs, by: { $0.key }).enumerated() {
      if pair.key.inputs.isEmpty {
        dictionary.inputs += pair.value.inputs(at: InputPath.key(pair.key.value))
      } else {
        // A key that is an input has no text of its own.
        let path = InputPath.position(position)
        dictionary.inputs += pair.key.inputs(at: path + ".key") + pair.value.inputs(at: path + ".value")
      }
    }
    return dictionary
  }

  /// Elements in the order of their structures, then of the digests in them: the same in every process.
  private static func ordered<Element>(_ elements: [Element], by value: (Element) -> ReducedValue) -> [Element] {
    elements.map { element in
      let reduced = value(element)
      let digests = reduced.inputs.flatMap { $0.digest?.bytes ?? [] }
      return (element: element, bytes: reduced.value.sortingBytes + digests)
    }
    .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.element)
  }
}

extension CanonicalValue {
  /// Bytes in whose order people expect keys: text by its UTF-8, integers by size.
  fileprivate var sortingBytes: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .integer(let value):
      // Without the sign bit's meaning, negative numbers would come last.
      withUnsafeBytes(of: (UInt64(bitPattern: value) ^ (1 << 63)).bigEndian) { Array($0) }
    default: bytes
    }
  }
}
