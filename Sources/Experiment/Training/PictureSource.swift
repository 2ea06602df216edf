package import ArtifactTypes
internal import Core
package import Imaging
internal import Tensor

/// The pictures that a training or an encoding reads: a set of pixels, or encoded pictures in a folder.
package enum PictureSource: Sendable {
  case set(Pictures)
  case encoded(EncodedPictures, Vips)

  /// - Throws: ``OperationError`` when there is not one of the two; what opening them throws.
  init(_ set: PictureSet?, _ folder: InputFolder?, keysAreLocal: Bool) throws {
    switch (set, folder) {
    case (let set?, nil): self = .set(try set.open())
    case (nil, let folder?): self = .encoded(try EncodedPictures(folder, keysAreLocal: keysAreLocal), try Vips())
    default:
      throw OperationError(
        operation: "open the pictures", subject: "the settings",
        cause: "pictures come either as a set or from a folder: give one of the two, and leave the other nil")
    }
  }

  /// The ids in order.
  var ids: [String] {
    switch self {
    case .set(let pictures): pictures.ids
    case .encoded(let pictures, _): pictures.ids
    }
  }

  /// How many pictures there are.
  var count: Int { ids.count }

  /// Where a picture is; `nil` when there is none of that id.
  func position(of id: String) -> Int? {
    switch self {
    case .set(let pictures): pictures.position(of: id)
    case .encoded(let pictures, _): pictures.position(of: id)
    }
  }

  /// Notes what was left out when the pictures were looked through.
  func note(in context: StageContext) {
    if case .encoded(let pictures, _) = self { pictures.faults.note(in: context) }
  }
}

/// A picture that cannot be decoded. What cannot be read from the disk is none.
struct BrokenPicture: Error {
  let position: Int
  /// Why, in libvips' words.
  let cause: String
}

extension EncodedPictures {
  /// Decodes a picture and brings a part of it to a square, `[size, size, 3]`.
  /// - Parameter part: which part of a picture of so many pixels.
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
