internal import Core

/// The header of a `.npy` file. Source: NumPy Enhancement Proposal 1 and numpy.lib.format, versions 1.0 to 3.0.
enum NPYFile {
  /// Reads the header and checks that the elements are there.
  /// - Throws: ``OperationError`` when the file is none, or has fewer or more elements than it says.
  static func read(_ file: MappedFile) throws -> TensorSpan {
    let bytes = file.bytes
    func fault(_ cause: String) -> OperationError { file.fault("read .npy", cause) }
    guard bytes.count >= 10, bytes[0] == 0x93, bytes[1..<6].elementsEqual("NUMPY".utf8), (1...3).contains(bytes[6])
    else {
      throw fault("it does not begin as a .npy file does")
    }
    let isShort = bytes[6] == 1
    guard isShort || bytes.count >= 12 else { throw fault("it ends in the header") }
    let start = isShort ? 10 : 12
    let length =
      isShort
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard length <= 1 << 20, bytes.count - start >= length else {
      throw fault("its header claims \(length) bytes, the file has \(bytes.count)")
    }
    guard let text = file[start..<start + length].validText, let type = value("descr", text, "'", "'"),
      let sizes = value("shape", text, "(", ")")
    else { throw fault("its header has no element type or no shape") }
    let shape = sizes.split { $0 == "," || $0 == " " }.map { Int($0) ?? -1 }
    guard shape.count <= 32, let count = TensorSpan.count(shape) else {
      throw fault("its shape (\(sizes.prefix(80))) is none")
    }
    let fortran = text.contains("'fortran_order': True")
    let element = ElementType(numpy: type)
    let range = start + length..<bytes.count
    if let element {
      let (size, overflow) = count.multipliedReportingOverflow(by: element.size)
      guard !overflow, size == range.count else {
        throw fault("\(count) elements of \(type) do not take \(range.count) bytes")
      }
    }
    // Column-major elements lie as those of the transposed box.
    return TensorSpan(
      name: file.name, typeName: fortran ? "\(type), column-major" : type, type: element,
      shape: fortran ? shape.reversed() : shape, range: range)
  }

  private static func value(_ key: String, _ text: String, _ open: Character, _ close: Character) -> String? {
    guard let found = text.firstRange(of: "'\(key)':") else { return nil }
    guard let start = text[found.upperBound...].firstIndex(of: open) else { return nil }
    let rest = text[text.index(after: start)...]
    return rest.firstIndex(of: close).map { String(rest[..<$0]) }
  }
}
