import Tensor
import Testing

@Suite struct SafetensorsTests {
  let tensors: [String: Safetensors.Entry] = [
    "b": .init(shape: [2, 2], elements: [1, -2, 0.5, .pi]), "a.weight": .init(shape: [], elements: [7]),
    "empty": .init(shape: [0, 3], elements: []),
  ]

  @Test func `What is written is read back, from the same bytes each time`() throws {
    let bytes = try Safetensors.encode(tensors, metadata: ["format": "pt"])
    #expect(try Safetensors.encode(tensors, metadata: ["format": "pt"]) == bytes)
    #expect(try Safetensors.decode(bytes, subject: "test") == tensors)
    #expect(bytes.prefix(8).dropFirst(2).allSatisfy { $0 == 0 } && Int(bytes[0]).isMultiple(of: 8))
  }

  @Test func `Every truncation is an error`() throws {
    let bytes = try Safetensors.encode(tensors)
    for count in stride(from: 0, to: bytes.count, by: 3) {
      #expect(throws: TensorError.self) { try Safetensors.decode(Array(bytes.prefix(count)), subject: "test") }
    }
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}"#,
    #"{"a":{"shape":[8]}}"#,
    #"[1]"#,
  ]) func `A header that does not fit its elements is an error`(_ header: String) {
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let bytes = length + Array(header.utf8) + [UInt8](repeating: 0, count: 8)
    #expect(throws: TensorError.self) { try Safetensors.decode(bytes, subject: "test") }
  }

  @Test func `A header longer than the file is an error`() {
    let bytes = [UInt8](repeating: 255, count: 64)
    #expect(throws: TensorError.self) { try Safetensors.decode(bytes, subject: "test") }
  }

  @Test func `Elements of bfloat16 and float64 are read as float32`() throws {
    let header = #"{"h":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"d":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    bytes += [0x80, 0x3F, 0x00, 0xC0]
    bytes += withUnsafeBytes(of: 0.25) { Array($0) }
    let tensors = try Safetensors.decode(bytes, subject: "test")
    #expect(tensors["h"]?.elements == [1, -2])
    #expect(tensors["d"]?.elements == [0.25])
  }
}
