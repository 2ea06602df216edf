internal import ArtifactTypes

/// Reads the samples of a WebDataset shard in bounded memory.
///
/// A sample is the files that stand one behind the other and have one key: the path up to the first dot of the name. What follows the
/// dot says what a file is.
final class WebDatasetReader {
  /// One sample.
  struct Sample {
    let key: String
    /// Counted from 1.
    let number: Int
    /// The files that were wanted, by what follows the first dot, in lower case.
    var files: [String: [UInt8]] = [:]
    /// Those that were wanted and are too large.
    var tooLarge: [String] = []
  }

  /// The endings of pictures.
  static let pictures: Set<String> = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "jxl", "svg"]

  /// How many bytes of one file are taken at most.
  static let limit = 256 << 20

  private let archive: TarReader
  private let wanted: Set<String>
  private var pending: TarReader.Entry?
  private var count = 0

  /// - Parameter wanted: what to read of a sample.
  init(path: String, wanted: Set<String>) throws {
    archive = try TarReader(path: path)
    self.wanted = wanted
  }

  /// How many bytes of the file have been used: for progress.
  var packedPosition: Int64 { archive.packedPosition }

  /// The next sample; `nil` at the end.
  /// - Throws: as ``TarReader/next()``. Of an archive that ends early, the sample that is cut does not come.
  func next() throws -> Sample? {
    var sample: Sample?
    while let entry = try pending ?? archive.next() {
      guard let (key, ending) = Self.parts(entry.path) else {
        pending = nil
        continue
      }
      if let sample, sample.key != key {
        pending = entry
        return sample
      }
      pending = nil
      if sample == nil {
        count += 1
        sample = Sample(key: key, number: count)
      }
      guard wanted.contains(ending) else { continue }
      if let bytes = try archive.readAll(limit: Self.limit) {
        sample?.files[ending] = bytes
      } else {
        sample?.tooLarge.append(ending)
      }
    }
    return sample
  }

  /// The key and what follows the first dot of the name; `nil` for a file without dot or key.
  private static func parts(_ path: String) -> (key: String, ending: String)? {
    let bytes = path.utf8
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    guard let dot = bytes[start...].firstIndex(of: UInt8(ascii: ".")), dot > start else { return nil }
    var key = path[..<dot]
    if key.utf8.starts(with: "./".utf8) { key = key.dropFirst(2) }
    return (String(key), path[bytes.index(after: dot)...].lowercased())
  }
}
