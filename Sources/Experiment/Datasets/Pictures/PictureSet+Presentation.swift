public import ArtifactTypes
public import Core
internal import Imaging

extension PictureSet {
  /// Some of the pictures as PNG, to be shown.
  /// - Parameters:
  ///   - ids: the ids of the pictures; the first 24 when `nil`. Those that are not in the set are left out.
  ///   - caption: the text below a picture, by its id; the id itself when `nil`.
  /// - Throws: the errors of opening the pictures and of loading libvips.
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
  /// The number of pictures, their size, and the first of them.
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
