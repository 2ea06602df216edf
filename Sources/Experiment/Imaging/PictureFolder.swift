public import Core

/// A folder of encoded pictures, with all that their pixels depend on.
///
/// The folder has WebDataset shards that are not compressed (`.tar`), picture files, or both. The pictures' ids are
/// those that `ReadWebDataset` and `RenderPictures` give. Pictures are never copied; those that cannot be decoded are
/// left out and noted.
public struct PictureFolder: Codable, Hashable, Sendable {
  /// The endings of the names of files with encoded pictures, shards included.
  public static let suffixes = EncodedPictures.suffixes + WebDatasetReader.suffixes

  /// The files that are read.
  public let folder: InputFolder
  /// True when the keys of samples are unique only within their shard, as for `ReadWebDataset`.
  public let keysAreLocal: Bool
  /// The programs that decode the pictures, such as `libvips 8.14.1, libjpeg-turbo 2.1.5`, or `missing`: pixels depend
  /// on their versions.
  public let decoder: String

  /// A folder whose pictures the present libraries decode.
  public init(_ folder: InputFolder, keysAreLocal: Bool = false) {
    self.folder = folder
    self.keysAreLocal = keysAreLocal
    decoder = Vips.decoders
  }
}
