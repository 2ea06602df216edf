import Core
import Foundation
import Imaging
import Testing

/// Parts of JPEG files, of which only what is needed is decoded, against whole pictures that others decode.
///
/// The files and Pillow's pixels are from `Golden/pictures/make.py`.
@Suite struct JpegPartTests {
  /// A part as Pillow crops and scales it.
  private struct Reference: Decodable {
    let part: [Double]
    let size: Int
    let pixels: [UInt8]
  }

  private static let kinds = ["420", "422", "444", "grey", "progressive", "restarts"]
  private static let (width, height) = (93, 71)

  private static func file(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/pictures")
    return Array(try Data(contentsOf: folder.appending(path: name)))
  }

  /// The whole picture as libvips decodes it, as PNG.
  private static func whole(_ name: String) throws -> [UInt8] {
    let vips = try Vips()
    let bytes = try file(name)
    // In a square as wide as the picture nothing is scaled; above and below it the canvas is transparent.
    let square = try bytes.withUnsafeBytes { try vips.thumbnail($0, size: width, trimming: false, subject: name) }
    let margin = (width - height) / 2
    let rows = Array(square[(margin * width * 4)..<((margin + height) * width * 4)])
    return try rows.withUnsafeBufferPointer { try vips.png($0, width: width, height: height) }
  }

  @Test(arguments: kinds) func `A part has the very pixels of the whole picture`(_ kind: String) throws {
    let vips = try Vips()
    let (bytes, whole) = (try Self.file(kind + ".jpg"), try Self.whole(kind + ".jpg"))
    #expect(try vips.size(bytes, subject: kind) == (Self.width, Self.height))
    for left in stride(from: 0.0, to: 70, by: 6.5) {
      for top in stride(from: 0.0, to: 50, by: 7.5) {
        for reachesOut in [false, true] {
          // At least half of the part's pixels are wanted: none is decoded at less than its size.
          let part = PicturePart(left: left, top: top, width: 21, height: 18.5, reachesOut: reachesOut)
          let found = try vips.resample(bytes, part, size: 12, subject: kind)
          #expect(try found == vips.resample(whole, part, size: 12, subject: kind), "\(part)")
        }
      }
    }
  }

  @Test(arguments: kinds) func `Pixels are those of Pillow but for rounding`(_ kind: String) throws {
    let references = try JSONDecoder().decode([String: [Reference]].self, from: Data(Self.file("pillow.json")))
    // The whole is so large that it would be decoded at a half: it comes as a PNG file here.
    for reference in try #require(references[kind]) {
      let box = reference.part
      let part = PicturePart(
        left: box[0], top: box[1], width: box[2] - box[0], height: box[3] - box[1], reachesOut: false)
      let isLarge = part.height >= 4 * Double(reference.size)
      let bytes = try isLarge ? Self.whole(kind + ".jpg") : Self.file(kind + ".jpg")
      let found = try Vips().resample(bytes, part, size: reference.size, subject: kind)
      #expect(found.count == reference.pixels.count)
      let largest = zip(found, reference.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(largest <= 1, "\(box): \(largest)")
    }
  }

  @Test(arguments: ["420", "444", "progressive"])
  func `A large picture is decoded at a part of its size, and nothing is shifted`(_ kind: String) throws {
    let (bytes, whole) = (try Self.file(kind + ".jpg"), try Self.whole(kind + ".jpg"))
    for (left, top, width, height) in [(0.0, 0.0, 93.0, 71.0), (20, 3, 73, 63), (0, 0, 93, 36)] {
      let part = PicturePart(left: left, top: top, width: width, height: height, reachesOut: false)
      let (found, expected) = (
        try Vips().resample(bytes, part, size: 4, subject: kind),
        try Vips().resample(whole, part, size: 4, subject: kind)
      )
      #expect(found != expected)
      // A quarter of a pixel of the smaller picture would make more than 2.
      let differences = zip(found, expected).map { abs(Double($0) - Double($1)) }
      #expect(differences.reduce(0, +) / Double(found.count) < 1.5, "\(part): \(differences)")
    }
  }

  @Test func `Four colours are libvips' matter, and come out as three`() throws {
    let bytes = try Self.file("cmyk.jpg")
    #expect(try Vips().size(bytes, subject: "cmyk") == (Self.width, Self.height))
    let part = PicturePart.middle(width: Self.width, height: Self.height, size: 12)
    let found = try Vips().resample(bytes, part, size: 12, subject: "cmyk")
    let like = try Vips().resample(Self.file("444.jpg"), part, size: 12, subject: "444")
    let mean = zip(found, like).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(found.count)
    #expect(mean < 40, "\(mean)")
  }

  @Test(arguments: kinds) func `A file that ends early is an error that says so, whatever part is asked for`(
    _ kind: String
  )
    throws
  {
    let bytes = try Self.file(kind + ".jpg")
    for part in [
      PicturePart(left: 0, top: 0, width: 8, height: 8, reachesOut: false),
      PicturePart(left: 80, top: 60, width: 12, height: 10, reachesOut: false),
      .middle(width: Self.width, height: Self.height, size: 8),
    ] {
      for count in [4, 20, bytes.count / 2, bytes.count * 9 / 10, bytes.count - 2] {
        let error = #expect(throws: OperationError.self) {
          try Vips().resample(Array(bytes.prefix(count)), part, size: 8, subject: "cut")
        }
        #expect(error?.cause.contains("ends within the picture") == true, "\(count): \(error?.cause ?? "")")
      }
    }
  }

  @Test func `Random damage is an error or gives a picture`() throws {
    var state: UInt64 = 11
    for kind in Self.kinds + ["cmyk"] {
      let whole = try Self.file(kind + ".jpg")
      for _ in 0..<40 {
        var bytes = whole
        for _ in 0..<4 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
        }
        do {
          let (width, height) = try Vips().size(bytes, subject: kind)
          let part = PicturePart.middle(width: width, height: height, size: 8)
          #expect(try Vips().resample(bytes, part, size: 8, subject: kind).count == 8 * 8 * 3)
        } catch let error as OperationError {
          #expect(!error.cause.isEmpty)
        }
      }
    }
  }
}
