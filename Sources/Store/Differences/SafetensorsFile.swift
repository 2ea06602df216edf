internal import Core

/// The tensors of a safetensors file. Source of the format: https://github.com/huggingface/safetensors.
enum SafetensorsFile {
  /// The largest header that is read. Source: the safetensors library, which has the same limit.
  private static let headerLimit = 100_000_000

  /// Reads the header and checks that every tensor lies in the file.
  /// - Returns: the tensors in the order of their names' UTF-8 bytes, and the header's further texts.
  /// - Throws: ``OperationError`` with the tensor at fault.
  static func read(_ file: MappedFile) throws -> (tensors: [TensorSpan], metadata: [String: String]) {
    func fault(_ cause: String) -> OperationError { file.fault("read safetensors", cause) }
    guard file.bytes.count >= 8 else { throw fault("it has fewer than 8 bytes") }
    let claimed = UInt64(littleEndian: file.bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    guard let length = Int(exactly: claimed), length <= headerLimit, length <= file.bytes.count - 8 else {
      throw fault("its header claims \(claimed) bytes, the file has \(file.bytes.count)")
    }
    let header: JSONValue
    do {
      header = try JSONValue(parsing: file[8..<8 + length])
    } catch let wrong as JSONLexer.Fault { throw fault("its header is no JSON: \(wrong)") }
    guard case .object(let entries) = header else { throw fault("its header is no object") }
    var tensors: [TensorSpan] = []
    var metadata: [String: String] = [:]
    var names: Set<String> = []
    for (name, value) in entries {
      guard names.insert(name).inserted else { throw fault("the tensor “\(name)” is there twice") }
      if name == "__metadata__" {
        guard case .object(let texts) = value else { throw fault("__metadata__ is no object") }
        for case (let key, .string(let text)) in texts { metadata[key] = text }
      } else {
        tensors.append(try tensor(name, value, start: 8 + length, of: file))
      }
    }
    return (tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, metadata)
  }

  private static func tensor(_ name: String, _ value: JSONValue, start: Int, of file: MappedFile) throws -> TensorSpan {
    func fault(_ cause: String) -> OperationError { file.fault("read safetensors", at: "tensor “\(name)”", cause) }
    guard case .string(let type)? = value["dtype"], let shape = value["shape"]?.wholeNumbers,
      let offsets = value["data_offsets"]?.wholeNumbers, offsets.count == 2
    else { throw fault("it needs dtype, shape and data_offsets") }
    let room = file.bytes.count - start
    guard 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= room else {
      throw fault("it claims the bytes \(offsets[0]) to \(offsets[1]) of \(room)")
    }
    guard shape.count <= 32, let count = TensorSpan.count(shape) else { throw fault("its shape is none") }
    let element = ElementType(rawValue: type)
    if let element {
      let (size, overflow) = count.multipliedReportingOverflow(by: element.size)
      guard !overflow, size == offsets[1] - offsets[0] else {
        throw fault("\(count) elements of \(type) do not take \(offsets[1] - offsets[0]) bytes")
      }
    }
    return TensorSpan(
      name: name, typeName: type, type: element, shape: shape, range: start + offsets[0]..<start + offsets[1])
  }
}
