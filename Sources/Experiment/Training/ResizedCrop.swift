internal import Foundation
internal import Imaging
internal import Tensor

/// The variation of encoded pictures in training: a random part of each, scaled to a square. They are never mirrored.
///
/// Source: MetaCLIP 2, §6; the draw is that of torchvision's `RandomResizedCrop`.
public struct ResizedCrop: Codable, Hashable, Sendable {
  /// The smallest share of the picture's area, above 0.
  public var smallestArea = 0.9
  /// The largest share of the picture's area, up to 1.
  public var largestArea = 1.0
  /// The smallest ratio of the part's width to its height, above 0.
  public var smallestRatio = 3.0 / 4
  /// The largest ratio of the part's width to its height.
  public var largestRatio = 4.0 / 3

  /// MetaCLIP's variation.
  public init() {}

  /// The reason that the ranges cannot be used; `nil` when they can.
  var fault: String? {
    if !(smallestArea > 0 && smallestArea <= largestArea && largestArea <= 1) {
      return "a crop's areas are shares above 0 and up to 1, the smallest first"
    }
    if !(smallestRatio > 0 && smallestRatio <= largestRatio && largestRatio.isFinite) {
      return "a crop's ratios are above 0, the smallest first"
    }
    return nil
  }

  /// The number of draws that may miss the picture before its middle is taken. Source: torchvision's
  /// `RandomResizedCrop`.
  private static let tries = 10

  /// Draws the part of a picture: area and position evenly, the ratio evenly on a logarithmic scale.
  /// - Parameters:
  ///   - width: the picture's, in pixels.
  ///   - height: the picture's, in pixels.
  func draw(width: Int, height: Int, _ generator: inout CounterGenerator) -> PicturePart {
    func uniform(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(generator.next() >> 11) * 0x1p-53
    }

    let (wide, high) = (Double(width), Double(height))
    for _ in 0..<Self.tries {
      let area = wide * high * uniform(smallestArea, largestArea)
      let ratio = exp(uniform(log(smallestRatio), log(largestRatio)))
      let columns = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
      let rows = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
      guard (1...width).contains(columns), (1...height).contains(rows) else { continue }
      let top = generator.index(height - rows + 1)
      let left = generator.index(width - columns + 1)
      return Self.part(left: left, top: top, width: columns, height: rows)
    }

    // No draw has fitted: the largest middle part with an allowed ratio.
    var (columns, rows) = (width, height)
    if wide / high < smallestRatio {
      rows = max(1, Int((wide / smallestRatio).rounded(.toNearestOrEven)))
    } else if wide / high > largestRatio {
      columns = max(1, Int((high * largestRatio).rounded(.toNearestOrEven)))
    }
    return Self.part(left: (width - columns) / 2, top: (height - rows) / 2, width: columns, height: rows)
  }

  private static func part(left: Int, top: Int, width: Int, height: Int) -> PicturePart {
    PicturePart(left: Double(left), top: Double(top), width: Double(width), height: Double(height), reachesOut: false)
  }
}
