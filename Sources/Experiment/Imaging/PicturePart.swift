/// A part of a picture, in pixels of the stored picture; may begin and end within one.
package struct PicturePart: Hashable, Sendable {
  package var left, top, width, height: Double
  /// Whether pixels outside the part count at its edges, as they do where the whole is scaled and then cropped.
  package var reachesOut: Bool

  package init(left: Double, top: Double, width: Double, height: Double, reachesOut: Bool) {
    (self.left, self.top, self.width, self.height, self.reachesOut) = (left, top, width, height, reachesOut)
  }

  /// What evaluation sees: the shorter side brought to `size` pixels, then the middle square.
  ///
  /// The longer side is cut to whole pixels and the margin rounded to the even one of two, as torchvision's `Resize` and `CenterCrop` do.
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
