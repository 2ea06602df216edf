internal import ArtifactTypes

/// A canvas of the model's size, on which one picture after the other is drawn and then cut into patches.
///
/// It keeps its memory between the pictures.
struct PictureCanvas {
  /// Means and deviations of the channels. Source: CLIP's training set, MetaCLIP 2, §6.
  private static let mean = SIMD4<Float>(0.481_454_66, 0.457_827_5, 0.408_210_73, 0)
  private static let deviation = SIMD4<Float>(0.268_629_54, 0.261_302_58, 0.275_777_11, 1)
  /// The normalised value of each byte of each channel.
  private static let normalized: [[Float]] = (0..<3).map { channel in
    (0..<256).map { (Float($0) / 255 - mean[channel]) / deviation[channel] }
  }

  private let frame: Int
  private let patch: Int
  private var colors: [SIMD4<Float>]
  private var blurred: [SIMD4<Float>]

  /// - Parameters:
  ///   - frame: width and height of the model's pictures.
  ///   - patch: width and height of a patch.
  init(frame: Int, patch: Int) {
    self.frame = frame
    self.patch = patch
    colors = []
    blurred = []
  }

  /// Draws a picture of a set.
  /// - Parameters:
  ///   - picture: its position in the set.
  ///   - variation: where it is drawn, and in which colours.
  ///   - values: takes its patches, `[patches, 3, patch, patch]`.
  mutating func draw(
    _ picture: Int, of pictures: Pictures, _ variation: Variation, into values: UnsafeMutableBufferPointer<Float>
  ) {
    if colors.isEmpty {
      colors = [SIMD4<Float>](repeating: .zero, count: frame * frame)
      blurred = colors
    }
    pictures.withPixels(at: picture) { pixels in
      sample(pixels, variation, width: pictures.width, height: pictures.height)
    }
    if variation.blurs { blur() }

    let perSide = frame / patch
    let area = patch * patch
    // The luma of ITU-R BT.601.
    let weights = SIMD4<Float>(0.299, 0.587, 0.114, 0)
    for y in 0..<frame {
      for x in 0..<frame {
        var color = colors[y * frame + x] * variation.gains
        let grey = SIMD4<Float>(repeating: (color * weights).sum())
        color = grey + (color - grey) * variation.saturation
        color = 0.5 + (color - 0.5) * variation.contrast
        color = (color.clamped(lowerBound: .zero, upperBound: .one) - Self.mean) / Self.deviation

        let target = ((y / patch) * perSide + x / patch) * 3 * area + (y % patch) * patch + x % patch
        values[target] = color.x
        values[target + area] = color.y
        values[target + 2 * area] = color.z
      }
    }
  }

  /// Cuts a picture of the model's size into patches.
  /// - Parameters:
  ///   - pixels: `[frame, frame, 3]`.
  ///   - values: takes its patches, `[patches, 3, patch, patch]`.
  func place(_ pixels: [UInt8], into values: UnsafeMutableBufferPointer<Float>) {
    let perSide = frame / patch
    let area = patch * patch
    for channel in 0..<3 {
      Self.normalized[channel].withUnsafeBufferPointer { normalized in
        pixels.withUnsafeBufferPointer { pixels in
          for row in 0..<frame {
            for column in 0..<perSide {
              let target = ((row / patch) * perSide + column) * 3 * area + channel * area + (row % patch) * patch
              let source = (row * frame + column * patch) * 3 + channel
              for x in 0..<patch { values[target + x] = normalized[Int(pixels[source + 3 * x])] }
            }
          }
        }
      }
    }
  }

  /// Fills ``colors`` with the picture over its background.
  ///
  /// Colours multiplied with alpha are interpolated linearly; where the picture is shrunk to less than two thirds, a
  /// pixel is the mean of four points.
  private mutating func sample(
    _ pixels: UnsafeBufferPointer<UInt8>, _ variation: Variation, width: Int, height: Int
  ) {
    let size = SIMD2<Float>(Float(width), Float(height))
    let side = Float(max(width, height))
    let stretch = (variation.matrix.0 * variation.matrix.0).sum().squareRoot() * side / Float(frame)
    let points: [SIMD2<Float>] =
      stretch > 1.5
      ? [SIMD2(0.25, 0.25), SIMD2(0.75, 0.25), SIMD2(0.25, 0.75), SIMD2(0.75, 0.75)] : [SIMD2(0.5, 0.5)]

    func pixel(_ x: Int, _ y: Int) -> SIMD4<Float> {
      guard x >= 0, y >= 0, x < width, y < height else { return .zero }
      let start = (y * width + x) * 4
      let alpha = Float(pixels[start + 3]) / 255
      let color = SIMD4(Float(pixels[start]), Float(pixels[start + 1]), Float(pixels[start + 2]), 255) / 255
      return color * alpha
    }

    for row in 0..<frame {
      for column in 0..<frame {
        var sum = SIMD4<Float>.zero
        var target = SIMD2<Float>.zero
        for point in points {
          target = (SIMD2(Float(column), Float(row)) + point) * (2 / Float(frame)) - 1
          let source = variation.matrix.0 * target.x + variation.matrix.1 * target.y + variation.shift
          let position = source * (side / 2) + size / 2 - 0.5
          let low = position.rounded(.down)
          let part = position - low
          // Outside the picture, all is transparent.
          guard low.x >= -1, low.y >= -1, low.x < size.x, low.y < size.y else { continue }
          let (x, y) = (Int(low.x), Int(low.y))
          let upper = pixel(x, y) * (1 - part.x) + pixel(x + 1, y) * part.x
          let lower = pixel(x, y + 1) * (1 - part.x) + pixel(x + 1, y + 1) * part.x
          sum += upper * (1 - part.y) + lower * part.y
        }
        sum /= Float(points.count)

        let shade = min(max(0.5 + (target * variation.direction).sum(), 0), 1)
        let background = variation.backgrounds.0 * (1 - shade) + variation.backgrounds.1 * shade
        colors[row * frame + column] = sum + background * (1 - sum.w)
      }
    }
  }

  /// Replaces ``colors`` by means of 3 × 3 pixels, the middle one counting four times, its neighbours twice (a binomial
  /// filter).
  private mutating func blur() {
    func filter(_ source: [SIMD4<Float>], _ result: inout [SIMD4<Float>], step: Int, lineStep: Int) {
      for line in 0..<frame {
        for i in 0..<frame {
          let position = line * lineStep + i * step
          let before = source[i == 0 ? position : position - step]
          let after = source[i == frame - 1 ? position : position + step]
          result[position] = (before + source[position] * 2 + after) * 0.25
        }
      }
    }
    filter(colors, &blurred, step: 1, lineStep: frame)
    filter(blurred, &colors, step: frame, lineStep: 1)
  }
}
