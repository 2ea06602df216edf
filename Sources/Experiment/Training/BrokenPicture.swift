internal import Core
internal import Imaging

/// The error for a picture that cannot be decoded. One that cannot be read from the disk throws another error.
struct BrokenPicture: Error {
  /// The picture's position in its set.
  let position: Int
  /// The reason, in libvips' words.
  let cause: String
}

extension EncodedPictures {
  /// Decodes a picture and scales a part of it to a square, `[size, size, 3]`.
  /// - Parameters:
  ///   - size: width and height of the square, in pixels.
  ///   - part: the part of a picture of a width and height in pixels.
  /// - Throws: ``BrokenPicture``; ``OperationError`` when the file cannot be read.
  func pixels(
    at position: Int, size: Int, _ vips: Vips, part: (_ width: Int, _ height: Int) -> PicturePart
  ) throws -> [UInt8] {
    let bytes = try bytes(at: position)
    do {
      let (width, height) = try vips.size(bytes, subject: ids[position])
      return try vips.resample(bytes, part(width, height), size: size, subject: ids[position])
    } catch let error as OperationError {
      throw BrokenPicture(position: position, cause: error.cause)
    }
  }
}
