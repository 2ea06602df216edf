internal import Core
internal import FileFormats
internal import Imaging

/// Tux Paint's stamps: a picture, and beside it a text file with its captions.
struct StampFiles {
  /// A picture with its id, such as `stamps/animals/birds/owl`.
  struct Stamp {
    let id: String
    let picture: String
    /// The caption file; it may not be there.
    let captions: String
    /// The folder below the stamps, its first two parts: `animals/birds`. Letters, digits and signs are in `symbols/alphabets` and
    /// `symbols/math`.
    let group: String
  }

  /// All stamps in the order of their ids. Mirrored and flipped doubles are left out; of a stamp that is there as a bitmap and as a
  /// drawing, the bitmap counts.
  static func find(in folder: InputFolder) throws -> [Stamp] {
    let doubles = ["_mirror", "_flip", "_mirror_flip"]
    var seen: Set<String> = []
    return try folder.files().filter { $0.relativePath.hasSuffix(".png") || $0.relativePath.hasSuffix(".svg") }
      .filter { file in !doubles.contains { file.stem.hasSuffix($0) } && seen.insert(file.stem).inserted }
      .map { file in
        let parts = file.stem.split(separator: "/").dropLast()
        return Stamp(
          id: "stamps/" + file.stem, picture: file.path, captions: file.path.dropLast(4) + ".txt",
          group: parts.prefix(2).joined(separator: "/"))
      }
  }
}
