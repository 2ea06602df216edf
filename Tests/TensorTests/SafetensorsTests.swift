import Core
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
      #expect(throws: OperationError.self) { try Safetensors.decode(Array(bytes.prefix(count)), subject: "test") }
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
    #expect(throws: OperationError.self) { try Safetensors.decode(bytes, subject: "test") }
  }

  @Test func `A header longer than the file is an error`() {
    let bytes = [UInt8](repeating: 255, count: 64)
    #expect(throws: OperationError.self) { try Safetensors.decode(bytes, subject: "test") }
  }

  @Test func `Elements of bfloat16 and float64 are read as float32`() throws {
    let header =
      #"{"h":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"d":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    bytes += [0x80, 0x3F, 0x00, 0xC0]
    bytes += withUnsafeBytes(of: 0.25) { Array($0) }
    let tensors = try Safetensors.decode(bytes, subject: "test")
    #expect(tensors["h"]?.elements == [1, -2])
    #expect(tensors["d"]?.elements == [0.25])
  }

  /// A file with this header and so many bytes behind it.
  private func file(_ header: String, _ count: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: count)
  }

  private func tensor(_ name: String, _ low: Int, _ high: Int, type: String = "F32") -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":[\#((high - low) / 4)],"data_offsets":[\#(low),\#(high)]}"#
  }

  @Test func `What is wrong with a header is said`() throws {
    for (header, count, cause) in [
      ("{\(tensor("a", 0, 8)),\(tensor("b", 4, 12))}", 12, "b overlaps"),
      ("{\(tensor("a", 0, 4)),\(tensor("b", 8, 12))}", 12, "b leaves a gap"),
      ("{\(tensor("a", 0, 4)),\(tensor("a", 4, 8))}", 8, "a is there twice"),
      ("{\(tensor("a", 0, 4, type: "F128"))}", 4, "unknown element type F128"),
      ("{\(tensor("a", 0, 4))}", 8, "4 bytes after the last"),
      ("{\(tensor("a", 0, 4))", 4, "it ends early at byte"),
      ("{\(tensor("a", 0, 4))}x", 4, "something after the value"),
      (#"{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, 4, "two fields dtype"),
      (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, 4, "unknown field x"),
      (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4, "too large"),
      (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}}"#, 4, "would be at 4..<0"),
      (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,8]}}"#, 4, "no dtype, shape and data_offsets"),
      (#"{"a\q":{}}"#, 0, "an escape that does not exist"), (#"{"__metadata__":{"a":1}}"#, 0, "was expected"),
    ] {
      let error = #expect(throws: OperationError.self) { try Safetensors.decode(file(header, count), subject: "test") }
      #expect(error?.cause.contains(cause) == true, "\(header): \(error?.cause ?? "")")
    }
    let absurd = [UInt8](repeating: 0xFF, count: 8) + Array("{}".utf8)
    #expect(throws: OperationError.self) { try Safetensors.decode(absurd, subject: "test") }
    let deep = String(repeating: #"{"a":"#, count: 100_000)
    #expect(throws: OperationError.self) { try Safetensors.decode(file(deep, 0), subject: "test") }
  }

  @Test func `Names with escapes and spaces between tokens are read`() throws {
    let header = #" { "a\u0062\"" : { "dtype" : "F32" , "shape" : [ ] , "data_offsets" : [ 0 , 4 ] } } "#
    #expect(try Safetensors.decode(file(header, 4), subject: "test") == ["ab\"": .init(shape: [], elements: [0])])
  }

  @Test func `Half precision is read, subnormal and infinite numbers too`() throws {
    let header = #"{"f":{"dtype":"F16","shape":[5],"data_offsets":[0,10]}}"#
    let values: [UInt16] = [0x3C00, 0xC100, 0x0001, 0x7C00, 0x7BFF]
    let bytes = file(header, 0) + values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(try Safetensors.decode(bytes, subject: "test")["f"]?.elements == [1, -2.5, 0x1p-24, .infinity, 65504])
  }

  @Test func `Random damage is an error or harmless, never a crash`() throws {
    let bytes = try Safetensors.encode(tensors, metadata: ["format": "pt"])
    var generator = CounterGenerator(5)
    var errors = 0
    for _ in 0..<3000 {
      var damaged = bytes
      for _ in 0...generator.index(4) { damaged[generator.index(damaged.count)] = UInt8(generator.index(256)) }
      do throws(OperationError) { _ = try Safetensors.decode(damaged, subject: "test") } catch { errors += 1 }
    }
    #expect(errors > 1000, "\(errors)")
  }
}
