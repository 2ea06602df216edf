import Core
import Differences
import Foundation
import Testing

/// Bytes that claim to be of a format and are not.
@Suite struct HostileInputTests {
  struct Broken: Sendable {
    var format: String
    var name: String
    var good: [UInt8]
    var bad: [UInt8]

    init(_ format: String, _ name: String, _ good: [UInt8], _ bad: [UInt8]) {
      (self.format, self.name, self.good, self.bad) = (format, name, good, bad)
    }

    init(_ format: String, _ name: String, _ good: String, _ bad: String) {
      self.init(format, name, Array(good.utf8), Array(bad.utf8))
    }
  }

  static let goodTensors = Sample.safetensors([("w", [2], [1, 2])])
  static let goodArray = Sample.npy([1, 2], shape: [2])

  static let written: [Broken] = [
    Broken("pairs/1", "p.jsonl", "{}\n", "{\"id\":\n"),
    Broken("pairs/1", "p.jsonl", "{}\n", "{}\n{\"id\":\"a"),
    Broken("pairs/1", "p.jsonl", "{}\n", "{\"id\":\"\\u12\"}\n"),
    Broken("pairs/1", "p.jsonl", "{}\n", "{\"id\":01}\n"),
    Broken("pairs/1", "p.jsonl", "{}\n", "{} {}\n"),
    Broken("pairs/1", "p.jsonl", Array("{}\n".utf8), [123, 34, 0xC3, 34, 58, 49, 125]),
    Broken("json/X", "value.json", "[]", String(repeating: "[", count: 100_000)),
    Broken("json/X", "value.json", "[]", String(repeating: "{\"a\":", count: 100_000)),
    Broken("json/X", "value.json", "[]", ""),
    Broken("table/1", "value.json", "{\"columns\":[],\"rows\":[]}", "{\"columns\":[],\"rows\":[[{\"empty\":{}}]]}"),
    Broken("table/1", "value.json", "{\"columns\":[],\"rows\":[]}", String(repeating: "[", count: 100_000)),
    Broken("table/1", "value.json", "{\"columns\":[],\"rows\":[]}", "{\"columns\":[]}"),
    Broken("near-duplicates/1", "d.csv", "a,b\n", "a,\"b\n"),
    Broken("near-duplicates/1", "d.csv", Array("a,b\n".utf8), [97, 44, 0xFF, 10]),
  ]

  static let arrays: [Broken] = [
    Broken("embeddings/1", "e.npy", goodArray, []),
    Broken("embeddings/1", "e.npy", goodArray, Array(goodArray.prefix(9))),
    Broken("embeddings/1", "e.npy", goodArray, Array(goodArray.prefix(60))),
    Broken("embeddings/1", "e.npy", goodArray, Array(goodArray.dropLast())),
    Broken("embeddings/1", "e.npy", goodArray, goodArray + [0]),
    Broken("embeddings/1", "e.npy", goodArray, Sample.npy(type: "<f4", shape: [Int.max, 8], elements: [])),
    Broken("embeddings/1", "e.npy", goodArray, Sample.npy(type: "<f4", shape: [1 << 62], elements: [])),
    Broken("embeddings/1", "e.npy", goodArray, Sample.npy(type: "<f4", shape: [-2], elements: [0, 0, 0, 0])),
    Broken("embeddings/1", "e.npy", goodArray, [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255] + [0, 0]),
  ]

  static let tensors: [Broken] = [
    Broken("clip/1", "m.safetensors", goodTensors, []),
    Broken("clip/1", "m.safetensors", goodTensors, Array(goodTensors.dropLast())),
    Broken("clip/1", "m.safetensors", goodTensors, Sample.safetensors(header: "{}", data: [], claiming: .max)),
    Broken("clip/1", "m.safetensors", goodTensors, Sample.safetensors(header: "{}", data: [], claiming: 1 << 40)),
    Broken("clip/1", "m.safetensors", goodTensors, Sample.safetensors(header: "[]", data: [])),
    Broken(
      "clip/1", "m.safetensors", goodTensors,
      Sample.safetensors(header: String(repeating: "[", count: 9000), data: [])),
    Broken(
      "clip/1", "m.safetensors", goodTensors,
      Sample.safetensors(
        header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, data: [0, 0, 0, 0, 0, 0, 0, 0])),
    Broken(
      "clip/1", "m.safetensors", goodTensors,
      Sample.safetensors(header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, data: [])),
    Broken(
      "clip/1", "m.safetensors", goodTensors,
      Sample.safetensors(
        header: #"{"w":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,0]}}"#, data: [])),
    Broken(
      "clip/1", "m.safetensors", goodTensors,
      Sample.safetensors(
        header:
          #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"#
          + #""data_offsets":[0,4]}}"#,
        data: [0, 0, 0, 0])),
  ]

  @Test(arguments: written + arrays + tensors)
  func `A file that is not what its format says is an error that names it`(_ sample: Broken) throws {
    let good = Sample.content([sample.name: sample.good])
    let bad = Sample.content([sample.name: sample.bad])
    for (old, new) in [(good, bad), (bad, good)] {
      do {
        let found = try Comparison.equivalence(recorded: old, fresh: new, format: sample.format, tolerance: nil)
        Issue.record("\(found)")
      } catch let error as OperationError {
        #expect(error.subject.contains(sample.name) || error.subject.contains("value.json"))
        #expect(!error.cause.isEmpty)
      }
    }
  }

  @Test func `Elements of an unknown type are compared as bytes, also when their counts differ`() throws {
    func array(_ elements: [UInt8]) -> ArtifactContent {
      Sample.content(["a.npy": Sample.npy(type: "<U2", shape: [1], elements: elements)])
    }
    for (old, new) in [([1, 2, 3], [1]), ([1], [1, 2, 3]), ([1, 2, 3], [1, 2, 4])] as [([UInt8], [UInt8])] {
      let found = try DifferenceTests.difference(array(old), array(new), "file/npy")
      #expect(found.headline == "1 array changed")
      let relation = try Comparison.equivalence(recorded: array(old), fresh: array(new), format: "x/1", tolerance: nil)
      let position = old.count == new.count ? 2 : 1
      #expect(relation == .diverged(first: "byte \(position) of its elements, of the type <U2"))
    }
  }

  @Test(arguments: ["clip/1", "embeddings/1", "table/1"])
  func `Cut or flipped anywhere, a file is equal, different or an error, and never a trap`(format: String) throws {
    let name = ["clip/1": "m.safetensors", "embeddings/1": "e.npy", "table/1": "value.json"][format] ?? ""
    let good: [UInt8] =
      switch format {
      case "clip/1": Self.goodTensors
      case "embeddings/1": Self.goodArray
      default: try Table(columns: [.init("a")], rows: [["x"], [0.5]]).makeContent().files[0].bytes()
      }
    var outcomes = 0
    for position in good.indices {
      for damaged in [
        Array(good.prefix(position)), good.enumerated().map { $0.offset == position ? $0.element ^ 0x5A : $0.element },
      ] {
        let found = try? Comparison.equivalence(
          recorded: Sample.content([name: good]), fresh: Sample.content([name: damaged]), format: format, tolerance: nil
        )
        #expect(found != .identical)
        outcomes += 1
      }
    }
    #expect(outcomes == good.count * 2)
  }
}
