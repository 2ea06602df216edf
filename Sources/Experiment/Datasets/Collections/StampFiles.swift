internal import Core
internal import FileFormats
internal import Imaging

/// Tux Paint's stamps: each is a picture and a text file of the same name with its captions.
struct StampFiles {
  /// A picture with its id, such as `stamps/animals/birds/owl`.
  struct Stamp {
    let id: String
    let picture: String
    /// The caption file; it may not exist.
    let captions: String
    /// The first two parts of the folder inside the stamps' own: `animals/birds`. Letters, digits and signs are in
    /// `symbols/alphabets` and `symbols/math`.
    let group: String
  }

  /// The endings of the names of copies of a picture.
  private static let duplicates = ["_mirror", "_flip", "_mirror_flip"]

  /// All stamps in the order of their ids. Mirrored and flipped duplicates are left out; of a stamp that exists as a
  /// bitmap and as a drawing, the bitmap counts.
  static func find(in folder: InputFolder) throws -> [Stamp] {
    var seen: Set<String> = []
    return try folder.files().filter { $0.relativePath.hasSuffix(".png") || $0.relativePath.hasSuffix(".svg") }
      .filter { file in !duplicates.contains { file.stem.hasSuffix($0) } && seen.insert(file.stem).inserted }
      .map { file in
        let parts = file.stem.split(separator: "/").dropLast()
        return Stamp(
          id: "stamps/" + file.stem, picture: file.path, captions: file.path.dropLast(".png".count) + ".txt",
          group: parts.prefix(2).joined(separator: "/"))
      }
  }
}
