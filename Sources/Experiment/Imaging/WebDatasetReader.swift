internal import FileFormats

/// Reads the samples of a WebDataset shard in bounded memory.
///
/// A sample is the files that stand one behind the other and have one key: the path up to the first dot of the name. What follows the
/// dot says what a file is.
package final class WebDatasetReader {
  /// One sample.
  package struct Sample {
    package let key: String
    /// Counted from 1.
    package let number: Int
    /// The files that were wanted, by what follows the first dot, in lower case.
    package var files: [String: [UInt8]] = [:]
    /// Those that were wanted and are too large.
    package var tooLarge: [String] = []

    /// What the sample is called where its JSON does not say: its key or, where keys are unique within a shard alone, `SHARD/KEY`, the
    /// shard's name without its endings.
    package func name(in shard: String, isLocal: Bool) -> String {
      WebDatasetReader.name(key, in: shard, isLocal: isLocal)
    }
  }

  /// Endings of the names of shards.
  package static let suffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz"]

  /// The endings of pictures.
  package static let pictures: Set<String> = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "jxl", "svg",
  ]

  /// How many bytes of one file are taken at most.
  package static let limit = 256 << 20

  private let archive: TarReader
  private let wanted: Set<String>
  private var pending: TarReader.Entry?
  private var count = 0

  /// - Parameter wanted: what to read of a sample.
  package init(path: String, wanted: Set<String>) throws {
    archive = try TarReader(path: path)
    self.wanted = wanted
  }

  /// How many bytes of the file have been used: for progress.
  package var packedPosition: Int64 { archive.packedPosition }

  /// The next sample; `nil` at the end.
  /// - Throws: as ``TarReader/next()``. Of an archive that ends early, the sample that is cut does not come.
  package func next() throws -> Sample? {
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

  /// As ``Sample/name(in:isLocal:)``, of a key.
  static func name(_ key: String, in shard: String, isLocal: Bool) -> String {
    guard isLocal else { return key }
    let suffix = suffixes.first { shard.hasSuffix($0) } ?? ""
    return "\(shard.dropLast(suffix.count))/\(key)"
  }

  /// The key and what follows the first dot of the name; `nil` for a file without dot or key.
  static func parts(_ path: String) -> (key: String, ending: String)? {
    let bytes = path.utf8
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    guard let dot = bytes[start...].firstIndex(of: UInt8(ascii: ".")), dot > start else { return nil }
    var key = path[..<dot]
    if key.utf8.starts(with: "./".utf8) { key = key.dropFirst(2) }
    return (String(key), path[bytes.index(after: dot)...].lowercased())
  }
}
