import Core
import Imaging
import Testing

/// Decoding and resampling against plain arithmetic in double precision.
@Suite struct ResamplingTests {
  private static func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
  }

  private static func png(_ pixels: [UInt8], _ width: Int, _ height: Int) throws -> [UInt8] {
    try pixels.withUnsafeBufferPointer { try Vips().png($0, width: width, height: height) }
  }

  /// One line brought to `size` values: Keys' kernel with a = −1/2, as wide as the step where the line is shrunk.
  private static func line(_ values: [Double], _ size: Int) -> [Double] {
    let step = Double(values.count) / Double(size)
    let stretch = max(step, 1)
    func kernel(_ x: Double) -> Double {
      let x = abs(x)
      if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
      return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
    }
    return (0..<size).map { target in
      let centre = (Double(target) + 0.5) * step
      var (sum, weights) = (0.0, 0.0)
      for (place, value) in values.enumerated() {
        let weight = kernel((Double(place) + 0.5 - centre) / stretch)
        sum += weight * value
        weights += weight
      }
      return sum / weights
    }
  }

  @Test(arguments: [(20, 12), (12, 21), (17, 17), (8, 8), (5, 3), (3, 5), (31, 7), (64, 90), (9, 8), (8, 11)])
  func `The middle square is that of the whole picture, scaled and cropped`(_ width: Int, _ height: Int) throws {
    let size = 8
    let pixels = Self.noise(width * height * 4).enumerated().map { $0 % 4 == 3 ? 255 : $1 }
    let short = min(width, height)
    let (newWidth, newHeight) = (width * size / short, height * size / short)
    let left = Int((Double(newWidth - size) / 2).rounded(.toNearestOrEven))
    let top = Int((Double(newHeight - size) / 2).rounded(.toNearestOrEven))
    var expected = [Double](repeating: 0, count: size * size * 3)
    for channel in 0..<3 {
      let rows = (0..<height).map { y in
        Self.line((0..<width).map { Double(pixels[(y * width + $0) * 4 + channel]) }, newWidth)
      }
      for x in 0..<size {
        let column = Self.line(rows.map { $0[left + x] }, newHeight)
        for y in 0..<size { expected[(y * size + x) * 3 + channel] = min(max(column[top + y], 0), 255) }
      }
    }
    let found = try Vips().resample(
      Self.png(pixels, width, height), .middle(width: width, height: height, size: size), size: size, subject: "noise")
    let differences = zip(found, expected).map { abs(Double($0) - $1) }
    #expect(found.count == expected.count)
    #expect(try #require(differences.max()) < 1.01)
  }

  @Test func `Pixels outside a part count only where it reaches out`() throws {
    // Black to the left, white to the right.
    let pixels: [UInt8] = (0..<16).flatMap { _ in (0..<16).flatMap { $0 < 8 ? [0, 0, 0, 255] : [255, 255, 255, 255] } }
    let bytes = try Self.png(pixels, 16, 16)
    var part = PicturePart(left: 8, top: 0, width: 8, height: 8, reachesOut: false)
    #expect(try Vips().resample(bytes, part, size: 4, subject: "halves").allSatisfy { $0 == 255 })
    part.reachesOut = true
    #expect(try Vips().resample(bytes, part, size: 4, subject: "halves").contains { $0 < 250 })
  }

  @Test(arguments: [0, 1, 64, 128, 254, 255] as [UInt8])
  func `What is transparent lies on white`(_ alpha: UInt8) throws {
    let pixels = (0..<16).flatMap { _ in [200, 100, 0, alpha] as [UInt8] }
    let found = try Vips().resample(
      Self.png(pixels, 4, 4), .middle(width: 4, height: 4, size: 4), size: 4, subject: "alpha")
    for (place, value) in found.enumerated() {
      let color = [200.0, 100, 0][place % 3]
      #expect(abs(Double(value) - (255 + (color - 255) * Double(alpha) / 255)) <= 1)
    }
  }

  @Test func `Grey, sixteen bits and a palette give their colours`() throws {
    let grey = PlainPNG.encode(width: 4, depth: 8, type: 0, rows: (0..<4).map { _ in [10, 80, 160, 250] })
    let deep = PlainPNG.encode(
      width: 4, depth: 16, type: 2, rows: (0..<4).map { _ in [10, 80, 160, 250].flatMap { [$0, 0, $0, 0, $0, 0] } })
    let palette = PlainPNG.encode(
      width: 4, depth: 8, type: 3, palette: [250, 250, 250, 160, 160, 160, 80, 80, 80, 10, 10, 10],
      rows: (0..<4).map { _ in [3, 2, 1, 0] })
    let expected = (0..<4).flatMap { _ in [10, 80, 160, 250].flatMap { [$0, $0, $0] as [UInt8] } }
    for (name, bytes) in [("grey", grey), ("deep", deep), ("palette", palette)] {
      let size = try Vips().size(bytes, subject: name)
      #expect(size == (4, 4))
      let found = try Vips().resample(bytes, .middle(width: 4, height: 4, size: 4), size: 4, subject: name)
      #expect(zip(found, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(name): \(found)")
    }
  }

  @Test func `A picture that ends early is an error, whatever part is asked for`() throws {
    let bytes = try Self.png(Self.noise(64 * 64 * 4), 64, 64)
    let corner = PicturePart(left: 0, top: 0, width: 8, height: 8, reachesOut: false)
    for count in [0, 8, 40, bytes.count / 2, bytes.count * 9 / 10] {
      #expect(throws: OperationError.self) {
        try Vips().resample(Array(bytes.prefix(count)), corner, size: 8, subject: "cut")
      }
    }
  }
}
