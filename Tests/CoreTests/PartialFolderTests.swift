import Core
import Foundation
import TestSupport
import Testing

@Suite final class PartialFolderTests {
  let path = temporaryPath("partial") + "/key"

  deinit { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }

  var folder: PartialFolder { PartialFolder(path: path) }

  @Test(arguments: [0, 1, 100_000])
  func `What was saved last comes back, until it is removed`(_ size: Int) throws {
    #expect(try folder.load("state") == nil)
    #expect(folder.isEmpty)
    try folder.save([7], as: "state")
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try folder.save(bytes, as: "state")
    #expect(try folder.load("state") == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["state"])
    folder.remove()
    #expect(try folder.load("state") == nil)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `A file is noticed to be damaged wherever it is changed or cut`() throws {
    try folder.save(Array("a state".utf8), as: "state")
    let file = URL(fileURLWithPath: path + "/state")
    let whole = try Data(contentsOf: file)
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1
      try damaged.write(to: file)
      #expect(throws: OperationError.self, "byte \(place)") { try folder.load("state") }
      try whole.prefix(place).write(to: file)
      #expect(throws: OperationError.self, "cut at \(place)") { try folder.load("state") }
    }
    try whole.write(to: file)
    #expect(try folder.load("state") == Array("a state".utf8))
  }

  @Test func `What cannot be written is an error that names the file, and the one of before stays`() throws {
    try folder.save([1, 2], as: "state")
    try FileManager.default.createDirectory(atPath: path + "/state.new", withIntermediateDirectories: false)
    let error = #expect(throws: OperationError.self) { try folder.save([3], as: "state") }
    #expect(error?.subject == path + "/state")
    #expect(try folder.load("state") == [1, 2])
  }

  @Test func `Nothing is kept unless a folder is given`() throws {
    let context = StageContext(scratch: path, threads: 1)
    try context.partial.save([1], as: "state")
    #expect(try context.partial.load("state") == nil)
    #expect(context.partial.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
