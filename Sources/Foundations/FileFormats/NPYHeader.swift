package import Core

/// The header of a `.npy` file: the type, shape and order of its elements.
///
/// Source: NumPy Enhancement Proposal 1 and `numpy.lib.format`, versions 1.0 to 3.0.
package struct NPYHeader: Equatable {
  /// NumPy's name of the element type, such as `|u1` or `<f4`.
  package var elementType: String
  /// The sizes of the dimensions; empty for a single number.
  package var shape: [Int]
  /// True when the first index of neighbouring elements differs (Fortran's order), not the last one (C's).
  package var isColumnMajor = false

  /// The longest header that is read, in bytes, and the most dimensions. Source: a hundred times `numpy.lib.format`'s
  /// own limit; `NPY_MAXDIMS` of NumPy 1.
  private static let (lengthLimit, dimensionLimit) = (1 << 20, 32)

  /// A header for elements in row-major order.
  /// - Parameter elementType: NumPy's name, such as `<f4`.
  package init(elementType: String, shape: [Int]) {
    self.elementType = elementType
    self.shape = shape
  }

  /// The bytes before the elements, of version 1.0 and in row-major order; their count is a multiple of 64.
  package var bytes: [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = Array("{'descr': '\(elementType)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    let length = (10 + text.count + 1 + 63) / 64 * 64
    text += [UInt8](repeating: 32, count: length - 10 - text.count - 1) + [10]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }

  /// Reads a file's header and checks that the file has exactly its elements, as far as their type is known.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - subject: the file's name, for errors.
  /// - Returns: the header and the number of bytes before the elements.
  /// - Throws: ``OperationError`` when there is no header, or the elements are fewer or more than it says.
  package static func read(
    _ bytes: UnsafeRawBufferPointer, subject: String
  ) throws(OperationError) -> (header: NPYHeader, offset: Int) {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "read .npy", subject: subject, cause: cause)
    }
    guard bytes.count >= 10, bytes[0] == 0x93, bytes[1..<6].elementsEqual("NUMPY".utf8), (1...3).contains(bytes[6])
    else { throw fault("it does not begin as a .npy file does") }

    // Later versions have four bytes for the header's length.
    let isShort = bytes[6] == 1
    let start = isShort ? 10 : 12
    guard bytes.count >= start else { throw fault("it ends in the header") }
    let length =
      isShort
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard length <= lengthLimit, length <= bytes.count - start else {
      throw fault("its header claims \(length) bytes, the file has \(bytes.count)")
    }

    guard let text = UTF8Check.text(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])),
      let type = value(of: "descr", in: text, between: "'", and: "'"),
      let sizes = value(of: "shape", in: text, between: "(", and: ")")
    else { throw fault("its header has no element type or no shape") }
    let shape = sizes.split { $0 == "," || $0 == " " }.map { Int($0) ?? -1 }
    guard shape.count <= dimensionLimit, let count = StoredType.elementCount(of: shape) else {
      throw fault("(\(sizes.prefix(80))) is not a shape")
    }

    let rest = bytes.count - start - length
    if let stored = StoredType(numpy: type), stored.byteCount(of: shape) != rest {
      throw fault("\(count) elements of \(type) do not take \(rest) bytes")
    }
    var header = NPYHeader(elementType: type, shape: shape)
    header.isColumnMajor = text.contains("'fortran_order': True")
    return (header, start + length)
  }

  /// Reads the header of a file with elements in row-major order.
  /// - Returns: the header and the number of bytes before the elements; `nil` for any other file.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> (header: NPYHeader, offset: Int)? {
    guard let found = try? read(bytes, subject: ""), !found.header.isColumnMajor else { return nil }
    return found
  }

  private static func value(
    of key: String, in text: String, between open: Character, and close: Character
  ) -> String? {
    guard let found = text.firstRange(of: "'\(key)':"),
      let start = text[found.upperBound...].firstIndex(of: open)
    else { return nil }
    let rest = text[text.index(after: start)...]
    return rest.firstIndex(of: close).map { String(rest[..<$0]) }
  }
}
