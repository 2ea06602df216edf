package import Core
internal import FileFormats
internal import Foundation

/// Tensors by name in one file: the format of trained models.
///
/// A file begins with eight bytes, the header's length (little endian). A JSON header follows with each tensor's type,
/// shape and place, then the raw elements. Equal tensors give equal bytes: names are sorted by their UTF-8 bytes, and
/// the elements follow in that order without gaps. float32 is written; float32, float64, float16 and bfloat16 are read,
/// as float32.
package enum Safetensors {
  /// A tensor's elements outside libtorch.
  package struct Entry: Equatable, Sendable {
    /// The sizes of the dimensions, outermost first; empty for a scalar.
    package var shape: [Int]
    /// The elements in row-major order.
    package var elements: [Float]

    /// A tensor with as many elements as the shape holds.
    package init(shape: [Int], elements: [Float]) {
      precondition(elements.count == shape.reduce(1, *), "the elements fill the shape")
      self.shape = shape
      self.elements = elements
    }
  }

  /// The file's bytes.
  /// - Parameter metadata: texts for the header's `__metadata__`.
  package static func encode(_ tensors: [String: Entry], metadata: [String: String] = [:]) throws -> [UInt8] {
    let names = sorted(tensors.keys)
    var bytes = try head(tensors.mapValues(\.shape), metadata: metadata)
    bytes.reserveCapacity(bytes.count + tensors.values.reduce(0) { $0 + $1.elements.count * 4 })
    for name in names { tensors[name]?.elements.withUnsafeBytes { bytes += $0 } }
    return bytes
  }

  /// The bytes before the elements of float32 tensors with these shapes. The elements follow in the order of
  /// ``sorted(_:)``.
  package static func head(_ shapes: [String: [Int]], metadata: [String: String] = [:]) throws -> [UInt8] {
    var parts: [String] = []
    if !metadata.isEmpty {
      let texts = try metadata.keys.sorted().map { "\(try json($0)):\(try json(metadata[$0] ?? ""))" }
      parts.append(#""__metadata__":{\#(texts.joined(separator: ","))}"#)
    }

    var offset = 0
    for name in sorted(shapes.keys) {
      guard let shape = shapes[name] else { continue }
      let end = offset + shape.reduce(4, *)
      let sizes = shape.map(String.init).joined(separator: ",")
      parts.append(#"\#(try json(name)):{"dtype":"F32","shape":[\#(sizes)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }

    // Spaces fill the header up to a multiple of eight bytes, so that the elements are aligned.
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }

  /// The names in the order of their elements in a file: by their UTF-8 bytes.
  package static func sorted(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The tensors of a file's bytes.
  /// - Parameter subject: the file's name, for errors.
  /// - Throws: ``OperationError`` when the bytes are truncated, or a tensor's place, type and shape do not fit
  ///   together.
  package static func decode(_ bytes: [UInt8], subject: String) throws(OperationError) -> [String: Entry] {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(OperationError) in
        let header = try SafetensorsHeader(bytes, subject: subject)
        var tensors: [String: Entry] = [:]
        for (name, place) in header.places {
          tensors[name] = Entry(shape: place.shape, elements: try header.elements(of: name, in: bytes))
        }
        return tensors
      }
    }
    return try result.get()
  }

  private static func json(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }
}
