import Core
import Datasets
import FileFormats
import Foundation
import Imaging
import TestSupport
import Testing

/// Runs a command line in a folder.
func shell(_ command: String, in folder: String) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", command]
  process.currentDirectoryURL = URL(fileURLWithPath: folder)
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(command)")
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// A small generator of numbers that are the same on every run.
struct FixedRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
  }
}

@Suite struct CompressedFileTests {
  static let tools = ["gz": "gzip -k", "bz2": "bzip2 -k", "xz": "xz -k", "zst": "zstd -q"]

  /// Text that does not pack well, so that cutting it cuts something.
  private func text(_ count: Int) -> [UInt8] {
    var random = FixedRandom(7)
    return (0..<count).map { _ in UInt8.random(in: 32..<127, using: &random) }
  }

  private func packed(_ bytes: [UInt8], _ ending: String) throws -> String {
    let folder = try temporaryFolder()
    try write(bytes, to: folder + "/a.txt")
    try shell("\(Self.tools[ending] ?? "true") a.txt", in: folder)
    return folder + "/a.txt." + ending
  }

  @Test(arguments: tools.keys.sorted(), [0, 1, 600_000])
  func `A packed file unpacks to what was packed`(_ ending: String, _ count: Int) throws {
    let bytes = text(count)
    let file = try CompressedFile(path: packed(bytes, ending))
    #expect(try file.readAll() == bytes)
    #expect(file.compression != .none && file.compressedPosition == file.compressedByteCount)
  }

  @Test(arguments: tools.keys.sorted())
  func `Streams written one behind the other are one file, and zeros behind them are padding`(_ ending: String) throws {
    let bytes = text(100_000)
    let path = try packed(bytes, ending)
    let stream = try read(path)
    try write(stream + stream, to: path)
    #expect(try CompressedFile(path: path).readAll() == bytes + bytes)
    if ending != "zst" {
      try write(stream + [UInt8](repeating: 0, count: 1024), to: path)
      #expect(try CompressedFile(path: path).readAll() == bytes)
    }
  }

  @Test(arguments: tools.keys.sorted(), [0, 1, 3, 9, 30, 200, 60_000, -1, -5])
  func `A file that ends early says so, wherever it is cut`(_ ending: String, _ cut: Int) throws {
    let path = try packed(text(100_000), ending)
    let whole = try read(path)
    try write(whole[..<(cut < 0 ? whole.count + cut : cut)], to: path)
    let error = #expect(throws: OperationError.self) { try CompressedFile(path: path).readAll() }
    #expect(error?.endsEarly == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(path) ?? false)
  }

  @Test(arguments: tools.keys.sorted())
  func `A second stream that is cut is an early end too`(_ ending: String) throws {
    let path = try packed(text(10_000), ending)
    let whole = try read(path)
    for cut in [6, 100, whole.count - 1] {
      try write(whole + whole[..<cut], to: path)
      let error = #expect(throws: OperationError.self) { try CompressedFile(path: path).readAll() }
      #expect(error?.endsEarly == true, "\(cut): \(error?.description ?? "")")
    }
  }

  @Test(arguments: tools.keys.sorted())
  func `Rubbish behind a stream is damage, not the end`(_ ending: String) throws {
    let path = try packed(text(10_000), ending)
    try write(try read(path) + Array("rubbish, and more of it than a header has".utf8), to: path)
    let error = #expect(throws: OperationError.self) { try CompressedFile(path: path).readAll() }
    #expect(error?.endsEarly == false, "\(error?.description ?? "")")
  }

  @Test(arguments: tools.keys.sorted()) func `A flipped byte never goes unnoticed`(_ ending: String) throws {
    let bytes = text(5_000)
    let path = try packed(bytes, ending)
    let whole = try read(path)
    var random = FixedRandom(1)
    for _ in 0..<200 {
      var damaged = whole
      // The first bytes of gzip's header hold a time and a name, which nothing checks.
      damaged[Int.random(in: (ending == "gz" ? 20 : 0)..<whole.count, using: &random)] ^= UInt8.random(
        in: 1...255, using: &random)
      try write(damaged, to: path)
      #expect(throws: OperationError.self) { try CompressedFile(path: path).readAll() }
    }
  }

  @Test func `What was unpacked before the cut is returned before the error`() throws {
    let bytes = text(300_000)
    let path = try packed(bytes, "gz")
    try write(try read(path).prefix(150_000), to: path)
    let file = try CompressedFile(path: path)
    var buffer = [UInt8](repeating: 0, count: bytes.count)
    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
    #expect(count > 100_000 && buffer.prefix(count).elementsEqual(bytes.prefix(count)))
    #expect(throws: OperationError.self) { try buffer.withUnsafeMutableBytes { try file.read(into: $0) } }
  }

  @Test func `A name that promises another packing, and a tar archive, are errors that say what to do`() throws {
    let folder = try temporaryFolder()
    try write(Array("plain text, and enough of it".utf8), to: folder + "/a.gz")
    #expect(throws: OperationError.self) { try CompressedFile(path: folder + "/a.gz") }
    try shell("echo x > x && tar cf a.tar x && tar czf b.gz x", in: folder)
    for name in ["a.tar", "b.gz"] {
      let error = #expect(throws: OperationError.self) { try CompressedFile(path: "\(folder)/\(name)").readAll() }
      #expect(error?.cause.contains("tar archive") ?? false)
    }
    #expect(throws: OperationError.self) { try CompressedFile(path: folder) }
    #expect(throws: OperationError.self) { try CompressedFile(path: folder + "/nothing") }
  }
}

@Suite struct LineReaderTests {
  private func lines(_ text: String, limit: Int = 1 << 20) throws -> [String] {
    let path = try temporaryFolder() + "/a.txt"
    try write(Array(text.utf8), to: path)
    let reader = try LineReader(path: path, limit: limit)
    var found: [String] = []
    while let line = try reader.next() {
      found.append(
        "\(line.number)\(line.isTerminated ? "" : "!") "
          + (line.isTooLong ? "too long" : String(decoding: line.bytes, as: UTF8.self)))
    }
    return found
  }

  @Test func `Lines come with their numbers, empty ones too, the last with or without line feed`() throws {
    #expect(try lines("") == [])
    #expect(try lines("a") == ["1! a"])
    #expect(try lines("a\n") == ["1 a"])
    #expect(try lines("a\r\n\n\nb\n") == ["1 a\r", "2 ", "3 ", "4 b"])
  }

  @Test func `A line that is too long is passed over, its neighbours are not`() throws {
    let long = String(repeating: "x", count: 11)
    #expect(try lines("1234567890\n\(long)\nc\n", limit: 10) == ["1 1234567890", "2 too long", "3 c"])
    #expect(try lines("a\n" + String(repeating: long, count: 100), limit: 10) == ["1 a", "2! too long"])
    #expect(try lines("\(long)\n\(long)", limit: 10) == ["1 too long", "2! too long"])
  }

  @Test(arguments: [3, 17, 300_000]) func `Lines of any length are the same as splitting the text`(_ limit: Int) throws
  {
    var random = FixedRandom(3)
    let parts = (0..<3000).map { number in
      String(repeating: "\(number % 10)", count: number % 500 == 0 ? 290_000 : Int.random(in: 0..<40, using: &random))
    }
    let expected = parts.enumerated().map { "\($0 + 1) " + ($1.utf8.count > limit ? "too long" : $1) }
    #expect(try lines(parts.joined(separator: "\n") + "\n", limit: limit) == expected)
  }

  @Test func `Of a file that ends early the whole lines come first`() throws {
    let folder = try temporaryFolder()
    let text = (0..<5000).map { "line \($0) \(($0 &* 2_654_435_761) % 1_000_003)\n" }.joined()
    try write(Array(text.utf8), to: folder + "/a")
    try shell("gzip a", in: folder)
    let whole = try read(folder + "/a.gz")
    try write(whole.prefix(whole.count / 2), to: folder + "/a.gz")
    let reader = try LineReader(path: folder + "/a.gz")
    var count = 0
    let error = #expect(throws: OperationError.self) {
      while let line = try reader.next() {
        #expect(String(decoding: line.bytes, as: UTF8.self).hasPrefix("line \(count) "))
        count += 1
      }
    }
    #expect(count > 1000 && count < 5000 && error?.endsEarly == true)
  }
}
