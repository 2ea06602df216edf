import Core
import Foundation
import Imaging
import TestSupport
import Testing
import Training

/// Batches of encoded pictures: their order, what is left out, and what ends the loading.
@Suite(.serialized) struct PictureLoaderTests {
  private let folder = temporaryPath("loader")
  private static let names = ["a", "b", "c", "d", "e", "f"]

  private func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Red tells the column, green the row.
  private func slope(_ width: Int, _ height: Int, blue: UInt8 = 0) throws -> [UInt8] {
    let pixels: [UInt8] = (0..<height).flatMap { y in (0..<width).flatMap { [UInt8($0), UInt8(y), blue, 255] } }
    return try pixels.withUnsafeBufferPointer { try Vips().png($0, width: width, height: height) }
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let file = URL(fileURLWithPath: "\(folder)/\(path)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  private func files() throws -> InputFolder {
    for (number, name) in Self.names.enumerated() {
      try write(slope(12 + number, 10, blue: UInt8(40 * number)), "loose/\(name).png")
    }
    return InputFolder(folder + "/loose")
  }

  private func tar(_ arguments: String...) throws {
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-C", folder] + arguments
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
  }

  /// The bytes that normalised values were made from, `[3, size, size]`.
  private func bytes(_ values: ArraySlice<Float>) -> [Double] {
    let mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    let deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
    let area = values.count / 3
    return values.enumerated().map { Double(($1 * deviation[$0 / area] + mean[$0 / area]) * 255) }
  }

  @Test func `Each epoch has every picture once, and equal seeds give equal batches`() throws {
    defer { remove() }
    let folder = try files()
    let loaders = try (0..<2).map { _ in try PictureLoader(folder: folder, size: 8, batch: 3, seed: 5) }
    let other = try PictureLoader(folder: folder, size: 8, batch: 3, seed: 6)
    var (ids, others): ([String], [String]) = ([], [])
    for number in 0..<8 {
      let batch = try loaders[0].next()
      // One loader is waited for, the other has had time to fill its places.
      if number == 2 { Thread.sleep(forTimeInterval: 0.2) }
      let again = try loaders[1].next()
      #expect(batch.ids == again.ids && batch.values == again.values)
      ids += batch.ids
      others += try other.next().ids
    }
    for epoch in 0..<4 { #expect(ids[(epoch * 6)..<(epoch * 6 + 6)].sorted() == Self.names) }
    #expect(ids != others)
  }

  @Test func `Crops keep to their areas and ratios, inside the picture`() throws {
    defer { remove() }
    try write(slope(240, 200), "one/a.png")
    let loader = try PictureLoader(folder: InputFolder(folder + "/one"), size: 8, batch: 4)
    var seen: Set<[Int]> = []
    for _ in 0..<10 {
      let batch = try loader.next()
      for place in 0..<4 {
        let values = bytes(batch.values[(place * 192)..<((place + 1) * 192)])
        // Inner points only: the kernel is cut at the part's edges. A byte's rounding makes less than three pixels.
        let (width, height) = ((values[5] - values[2]) * 8 / 3, (values[64 + 40] - values[64 + 16]) * 8 / 3)
        let (left, top) = (values[2] + 0.5 - width * 2.5 / 8, values[64 + 16] + 0.5 - height * 2.5 / 8)
        #expect((0.86...1.03).contains(width * height / (240 * 200)))
        #expect((0.72...1.38).contains(width / height))
        #expect(left > -3 && top > -3 && left + width < 243 && top + height < 203)
        seen.insert(values.map { Int($0.rounded()) })
      }
    }
    #expect(seen.count > 30)
  }

  @Test(arguments: [
    (20, 240, PicturePart(left: 0, top: 106, width: 20, height: 27, reachesOut: false)),
    (240, 20, PicturePart(left: 106, top: 0, width: 27, height: 20, reachesOut: false)),
  ])
  func `Of a picture too narrow for any crop the middle is taken`(_ width: Int, _ height: Int, _ part: PicturePart)
    throws
  {
    defer { remove() }
    let picture = try slope(width, height)
    try write(picture, "one/a.png")
    let found = bytes(try PictureLoader(folder: InputFolder(folder + "/one"), size: 8, batch: 1).next().values[...])
    let expected = try Vips().resample(picture, part, size: 8, subject: "a")
    for pixel in 0..<64 {
      for channel in 0..<3 { #expect(abs(found[channel * 64 + pixel] - Double(expected[pixel * 3 + channel])) < 0.01) }
    }
  }

  @Test func `A shard gives what its files give, and a compressed one is an error`() throws {
    defer { remove() }
    let loose = try files()
    try write([], "shards/x")
    try tar("-cf", folder + "/shards/0.tar", "-C", folder + "/loose", ".", "--sort=name")
    let shards = InputFolder(folder + "/shards", suffixes: [".tar"])
    let (one, two) = (
      try PictureLoader(folder: loose, size: 8, batch: 4), try PictureLoader(folder: shards, size: 8, batch: 4)
    )
    for _ in 0..<4 {
      let (left, right) = (try one.next(), try two.next())
      #expect(left.ids == right.ids && left.values == right.values)
    }
    try write([], "packed/x")
    try tar("-czf", folder + "/packed/0.tar.gz", "loose")
    let error = #expect(throws: OperationError.self) {
      try PictureLoader(folder: InputFolder(folder + "/packed", suffixes: [".gz"]), size: 8, batch: 1)
    }
    #expect(error?.cause.contains("decompress it") == true && error?.subject.hasSuffix("0.tar.gz") == true)
  }

  @Test func `Ids come from the JSON, and local keys get their shard's name`() throws {
    defer { remove() }
    for (shard, json) in [("0", #"{"id": "pair", "image": "picture"}"#), ("1", #"{"id": "pair"}"#)] {
      try write(slope(9, 9), "in\(shard)/k1.png")
      try write(Array(json.utf8), "in\(shard)/k1.json")
      try write(slope(9, 9), "in\(shard)/k2.png")
      try write([], "shards/x")
      try tar("-cf", folder + "/shards/\(shard).tar", "-C", folder + "/in\(shard)", "k1.json", "k1.png", "k2.png")
    }
    let shards = InputFolder(folder + "/shards", suffixes: [".tar"])
    #expect(try EncodedPictures(shards, keysAreLocal: false).ids == ["picture", "k2", "pair"])
    #expect(try EncodedPictures(shards, keysAreLocal: true).ids == ["picture", "0/k2", "pair", "1/k2"])
  }

  @Test func `Broken pictures are passed over, and only broken ones are an error`() throws {
    defer { remove() }
    let loose = try files()
    try write(Array(slope(14, 10).prefix(60)), "loose/c.png")
    let loader = try PictureLoader(folder: loose, size: 8, batch: 4)
    let ids = try (0..<6).flatMap { _ in try loader.next().ids }
    #expect(Set(ids) == Set(Self.names).subtracting(["c"]))
    try write([1, 2, 3], "all/a.png")
    let broken = try PictureLoader(folder: InputFolder(folder + "/all"), size: 8, batch: 2)
    let error = #expect(throws: OperationError.self) { try broken.next() }
    #expect(error?.cause.contains("none of the 1") == true)
  }

  @Test func `A folder without pictures, none at all, and a file that vanishes are errors`() throws {
    defer { remove() }
    try write([], "empty/note.txt")
    for path in ["empty", "nowhere"] {
      let input = InputFolder(folder + "/" + path, suffixes: [".png"])
      let error = #expect(throws: OperationError.self) { try PictureLoader(folder: input, size: 8, batch: 2) }
      #expect(error?.subject.contains(path) == true)
    }
    let loader = try PictureLoader(folder: try files(), size: 8, batch: 6)
    try FileManager.default.removeItem(atPath: folder + "/loose/d.png")
    // Two batches may have been made already, and a third begun.
    let error = #expect(throws: OperationError.self) { for _ in 0..<5 { _ = try loader.next() } }
    #expect(error?.description.contains("d.png") == true, "\(error?.description ?? "")")
  }
}
