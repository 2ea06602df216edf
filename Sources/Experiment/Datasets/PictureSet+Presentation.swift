public import ArtifactTypes
public import Core
internal import Imaging

extension PictureSet {
  /// Some of the pictures as PNG, to be shown.
  /// - Parameters:
  ///   - ids: which ones; the first 24 when `nil`. Those that are not there are left out.
  ///   - caption: what to write below each; its id when `nil`.
  /// - Throws: what opening the pictures or loading libvips throws.
  public func pictures(_ ids: [String]? = nil, caption: ((String) -> String)? = nil) throws -> [Picture] {
    let pictures = try open()
    let vips = try Vips()
    return try (ids ?? Array(pictures.ids.prefix(24))).compactMap { id in
      guard let position = pictures.position(of: id) else { return nil }
      return try pictures.withPixels(at: position) { pixels in
        Picture(
          bytes: try vips.png(pixels, width: pictures.width, height: pictures.height), mediaType: "image/png",
          caption: caption?(id) ?? id)
      }
    }
  }

  /// One picture as PNG; `nil` when there is none of that id.
  public func picture(_ id: String, caption: String? = nil) throws -> Picture? {
    try pictures([id], caption: caption.map { text in { _ in text } }).first
  }
}

extension PictureSet: Presentable {
  public var presentation: Presentation {
    do {
      let pictures = try open()
      return .blocks([
        .text("\(pictures.count) pictures of \(pictures.width) × \(pictures.height) pixels, the first of them:"),
        .pictures(try self.pictures()),
      ])
    } catch {
      return .text("pictures that cannot be shown: \(error)")
    }
  }
}
