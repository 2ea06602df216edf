import Core
import Differences
import Foundation

/// Contents of artifacts for tests.
enum Sample {
  /// An artifact of files in memory.
  static func content(_ files: [String: [UInt8]]) -> ArtifactContent {
    ArtifactContent(
      files: files.map {
        ContentFile(
          name: $0.key, digest: Digest(of: $0.value), byteCount: Int64($0.value.count), location: .memory($0.value))
      })
  }

  /// An artifact of one file of text.
  static func text(_ name: String, _ text: String) -> ArtifactContent { content([name: Array(text.utf8)]) }

  /// A `.npy` file of 32-bit floats.
  static func npy(_ values: [Float], shape: [Int]) -> [UInt8] {
    npy(
      type: "<f4", shape: shape,
      elements: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
  }

  /// A `.npy` file with any header.
  static func npy(type: String, shape: [Int], elements: [UInt8], fortran: Bool = false) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = "{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(sizes)), }"
    text += String(repeating: " ", count: 128 - 11 - text.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8).prefix(118) + elements
  }

  /// A safetensors file of 32-bit floats.
  static func safetensors(_ tensors: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
    var data: [UInt8] = []
    var entries: [String] = []
    for tensor in tensors {
      let start = data.count
      for value in tensor.values { data += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
      entries.append(
        #""\#(tensor.name)":{"dtype":"F32","shape":\#(tensor.shape),"data_offsets":[\#(start),\#(data.count)]}"#)
    }
    return safetensors(header: "{\(entries.joined(separator: ","))}", data: data)
  }

  /// A safetensors file with any header.
  static func safetensors(header: String, data: [UInt8], claiming size: UInt64? = nil) -> [UInt8] {
    withUnsafeBytes(of: (size ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8) + data
  }
}
