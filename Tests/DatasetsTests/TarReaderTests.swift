import Core
import Datasets
import FileFormats
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct TarReaderTests {
  private static let long = String(repeating: "folder/", count: 40) + "name.txt"

  /// A folder with files of these names.
  private func folder(_ names: [String]) throws -> String {
    let root = try temporaryFolder()
    for name in names {
      let path = URL(fileURLWithPath: "\(root)/in/\(name)")
      try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("content of \(name)".utf8).write(to: path)
    }
    return root
  }

  private func entries(_ path: String, readingThem: Bool = true) throws -> [String: String] {
    let reader = try TarReader(path: path)
    var found: [String: String] = [:]
    while let entry = try reader.next() {
      let bytes = readingThem ? try #require(try reader.readAll()) : []
      #expect(!readingThem || bytes.count == entry.size)
      found[entry.path] = String(decoding: bytes, as: UTF8.self)
    }
    return found
  }

  @Test(arguments: ["ustar", "gnu", "pax", "oldgnu", "v7"], ["", "z", "j", "J"])
  func `Archives of every kind give their files`(_ format: String, _ packing: String) throws {
    let names =
      format == "v7" ? ["a.txt", "b/c.txt"] : ["a.txt", "b/c.txt", "é 猫.txt"] + (format == "ustar" ? [] : [Self.long])
    let root = try folder(names)
    try shell("cd in && tar c\(packing)f ../out.tar --format=\(format) *", in: root)
    let expected = Dictionary(uniqueKeysWithValues: names.map { ($0, "content of \($0)") })
    #expect(try entries(root + "/out.tar") == expected)
    #expect(Set(try entries(root + "/out.tar", readingThem: false).keys) == Set(names))
  }

  @Test func `An archive of zstd, and archives one behind the other`() throws {
    let root = try folder(["a", "b"])
    try shell(
      "cd in && tar cf ../1.tar a && tar cf ../2.tar b && cd .. && cat 1.tar 2.tar > 3.tar && zstd -q 3.tar", in: root)
    #expect(try entries(root + "/3.tar.zst").keys.sorted() == ["a", "b"])
  }

  @Test func `Links are passed over and counted`() throws {
    let root = try folder(["a"])
    try shell("cd in && ln -s a b && ln a c && mkdir d && tar cf ../out.tar *", in: root)
    let reader = try TarReader(path: root + "/out.tar")
    while try reader.next() != nil {}
    #expect(reader.otherCount == 2)
  }

  @Test func `An archive that is cut anywhere ends early`() throws {
    let root = try folder(["a", "b", Self.long])
    try shell("cd in && tar cf ../out.tar -b1 *", in: root)
    let whole = try read(root + "/out.tar")
    let end = whole.count - 1024
    for cut in stride(from: 1, through: end, by: 97) {
      try write(whole.prefix(cut), to: root + "/cut.tar")
      let error = #expect(throws: OperationError.self) { try entries(root + "/cut.tar") }
      #expect(error?.endsEarly == true, "\(cut): \(error?.description ?? "")")
    }
    try write(whole.prefix(end), to: root + "/cut.tar")
    #expect(throws: OperationError.self) { try entries(root + "/cut.tar") }
  }

  @Test func `A damaged header is an error, and what is no archive too`() throws {
    let root = try folder(["a", "b"])
    try shell("cd in && tar cf ../out.tar *", in: root)
    let whole = try read(root + "/out.tar")
    var random = FixedRandom(5)
    for _ in 0..<100 {
      var damaged = whole
      // The second header: its name, mode, size, checksum.
      damaged[1024 + Int.random(in: 0..<155, using: &random)] ^= UInt8.random(in: 1...127, using: &random)
      try write(damaged, to: root + "/damaged.tar")
      #expect(throws: OperationError.self) { try entries(root + "/damaged.tar") }
    }
    try write(Array("no archive at all".utf8), to: root + "/x.tar")
    #expect(throws: OperationError.self) { try entries(root + "/x.tar") }
  }
}
