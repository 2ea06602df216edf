/// A rectangle in a picture, in pixels of the stored picture, from its upper left corner. It may begin and end inside a
/// pixel.
package struct PicturePart: Hashable, Sendable {
  /// The position and the size in pixels.
  package var left, top, width, height: Double
  /// True when pixels outside the part count at its edges, as they do where the whole is scaled and then cropped.
  package var reachesOut: Bool

  /// A part with these values.
  package init(left: Double, top: Double, width: Double, height: Double, reachesOut: Bool) {
    (self.left, self.top, self.width, self.height, self.reachesOut) = (left, top, width, height, reachesOut)
  }

  /// The part that an evaluation uses: the middle square, after the shorter side is scaled to `size` pixels.
  ///
  /// The longer side is rounded down to whole pixels, and a margin between two pixels to the even one, as torchvision's
  /// `Resize` and `CenterCrop` do.
  /// - Parameters:
  ///   - width: the width of the stored picture in pixels.
  ///   - height: its height in pixels.
  ///   - size: the side of the square after scaling.
  package static func middle(width: Int, height: Int, size: Int) -> PicturePart {
    let short = min(width, height)
    let (newWidth, newHeight) = (width * size / short, height * size / short)
    func axis(_ old: Int, _ new: Int) -> (start: Double, length: Double) {
      let step = Double(old) / Double(new)
      return ((Double(new - size) / 2).rounded(.toNearestOrEven) * step, Double(size) * step)
    }
    let (across, down) = (axis(width, newWidth), axis(height, newHeight))
    return PicturePart(left: across.start, top: down.start, width: across.length, height: down.length, reachesOut: true)
  }
}
