/// The header of a `.npy` file: element type and shape, version 1.0, C order.
///
/// Source: NumPy Enhancement Proposal 1.
package struct NPYHeader: Equatable {
  /// NumPy's name of the element type, such as `|u1` or `<f4`.
  package var elementType: String
  package var shape: [Int]

  package init(elementType: String, shape: [Int]) {
    self.elementType = elementType
    self.shape = shape
  }

  /// The bytes before the elements; their count is a multiple of 64.
  package var bytes: [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = Array("{'descr': '\(elementType)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    let length = (10 + text.count + 1 + 63) / 64 * 64
    text += [UInt8](repeating: 32, count: length - 10 - text.count - 1) + [10]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }

  /// Reads a header; `nil` for bytes that have none of version 1.0 in C order.
  /// - Returns: the header and how many bytes come before the elements.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> (header: NPYHeader, offset: Int)? {
    guard bytes.count > 10, bytes[0] == 0x93, bytes[1..<6].elementsEqual("NUMPY".utf8), bytes[6] == 1 else {
      return nil
    }
    let offset = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    guard bytes.count >= offset else { return nil }
    let text = String(decoding: bytes[10..<offset], as: UTF8.self)
    guard text.contains("'fortran_order': False"), let type = value(of: "descr", in: text, between: "'", and: "'"),
      let shape = value(of: "shape", in: text, between: "(", and: ")")
    else { return nil }
    let sizes = shape.split { $0 == "," || $0 == " " }.map { Int($0) }
    guard !sizes.contains(nil) else { return nil }
    return (NPYHeader(elementType: type, shape: sizes.compactMap(\.self)), offset)
  }

  private static func value(of key: String, in text: String, between open: Character, and close: Character) -> String? {
    let parts = text.split(separator: "'\(key)':", maxSplits: 1)
    guard parts.count == 2, let start = parts[1].firstIndex(of: open) else { return nil }
    let rest = parts[1][parts[1].index(after: start)...]
    return rest.firstIndex(of: close).map { String(rest[..<$0]) }
  }
}
