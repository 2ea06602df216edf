internal import Foundation

/// Tensors by name in one file: the format of trained models.
///
/// Eight bytes with the header's length (little endian), a JSON header with each tensor's type, shape and place, then the raw elements.
/// Equal tensors give equal bytes: names are sorted by their UTF-8 bytes, elements lie in that order without gaps. float32 is written;
/// float32, float64 and bfloat16 are read, as float32.
package enum Safetensors {
  /// A tensor's elements outside libtorch.
  package struct Entry: Equatable, Sendable {
    package var shape: [Int]
    /// In row-major order.
    package var elements: [Float]

    package init(shape: [Int], elements: [Float]) {
      precondition(elements.count == shape.reduce(1, *), "the elements fill the shape")
      self.shape = shape
      self.elements = elements
    }
  }

  /// The file's bytes.
  /// - Parameter metadata: texts for the header's `__metadata__`.
  package static func encode(_ tensors: [String: Entry], metadata: [String: String] = [:]) throws -> [UInt8] {
    let names = tensors.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var parts: [String] = []
    if !metadata.isEmpty {
      let texts = try metadata.keys.sorted().map { "\(try json($0)):\(try json(metadata[$0] ?? ""))" }
      parts.append(#""__metadata__":{\#(texts.joined(separator: ","))}"#)
    }
    var offset = 0
    for name in names {
      guard let tensor = tensors[name] else { continue }
      let end = offset + tensor.elements.count * 4
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      parts.append(#"\#(try json(name)):{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
    var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    bytes.reserveCapacity(8 + header.count + offset)
    bytes += header
    for name in names { tensors[name]?.elements.withUnsafeBytes { bytes += $0 } }
    return bytes
  }

  /// The tensors of a file's bytes.
  /// - Parameter subject: the file's name, for errors.
  /// - Throws: ``TensorError`` when the bytes are truncated, or a tensor's place, type and shape do not fit together.
  package static func decode(_ bytes: [UInt8], subject: String) throws(TensorError) -> [String: Entry] {
    func fault(_ cause: String) -> TensorError { TensorError(operation: "reading safetensors", subject: subject, cause: cause) }
    guard bytes.count >= 8 else { throw fault("the file has \(bytes.count) bytes, fewer than the 8 of the header's length") }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(bytes.count - 8) else {
      throw fault("the header would be \(length) bytes long, the file has \(bytes.count): it is truncated or of another format")
    }
    let start = 8 + Int(length)
    guard let header = try? JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any] else {
      throw fault("the header is not a JSON object")
    }
    var tensors: [String: Entry] = [:]
    for (name, value) in header where name != "__metadata__" {
      guard let fields = value as? [String: Any], let type = fields["dtype"] as? String, let shape = fields["shape"] as? [Int],
        let place = fields["data_offsets"] as? [Int], place.count == 2, shape.allSatisfy({ $0 >= 0 })
      else { throw fault("the header's entry of \(name) has no dtype, shape and data_offsets") }
      guard let size = ["F32": 4, "F64": 8, "BF16": 2][type] else { throw fault("\(name) has the element type \(type)") }
      var byteCount = size
      for dimension in shape {
        let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
        if overflow { throw fault("\(name) has the impossible shape \(shape)") }
        byteCount = product
      }
      guard place[0] >= 0, place[0] <= place[1], place[1] <= bytes.count - start, place[1] - place[0] == byteCount else {
        throw fault(
          "\(name), \(type) \(shape), would lie at \(place[0])..<\(place[1]) of \(bytes.count - start) bytes and needs \(byteCount)"
        )
      }
      tensors[name] = Entry(shape: shape, elements: elements(bytes, start + place[0], byteCount / size, type))
    }
    return tensors
  }

  private static func elements(_ bytes: [UInt8], _ start: Int, _ count: Int, _ type: String) -> [Float] {
    bytes.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count {
          let value: Float =
            switch type {
            case "F64": Float(bytes.loadUnaligned(fromByteOffset: start + index * 8, as: Double.self))
            case "BF16":
              Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: start + index * 2, as: UInt16.self)) << 16)
            default: bytes.loadUnaligned(fromByteOffset: start + index * 4, as: Float.self)
            }
          (buffer.baseAddress.map { $0 + index })?.initialize(to: value)
        }
        initialized = count
      }
    }
  }

  private static func json(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }
}
