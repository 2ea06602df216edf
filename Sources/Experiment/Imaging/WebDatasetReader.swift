internal import Core
internal import FileFormats

/// Reads the samples of a WebDataset shard in bounded memory.
///
/// A sample is a run of files with one key, which is the path up to the first dot of the name; dots of folders do not
/// count. The ending after that dot, in small letters, says what a file is: `x.y.jpg` is the file `y.jpg` of the sample
/// `x`, not a picture.
///
/// Source: webdataset 1.0, `group_by_keys`. Other than there, a leading `./` is no part of the key, so that a shard
/// packed with `tar c .` has the same keys.
package final class WebDatasetReader {
  /// One sample.
  package struct Sample {
    /// The path of its files up to the first dot of their names.
    package let key: String
    /// The position in the shard, counted from 1.
    package let number: Int
    /// The bytes of the wanted files, by their endings in lower case.
    package var files: [String: [UInt8]] = [:]
    /// The endings of wanted files that are larger than ``WebDatasetReader/limit``.
    package var tooLarge: [String] = []
    /// True when a wanted file is there twice, such as `a.jpg` and `a.JPG`.
    package var isRepeated = false
    /// The first ending with a dot in it.
    package var dotted: String?

    /// The id of a sample whose JSON has none: its key, or `SHARD/KEY` with the shard's name without its ending.
    /// - Parameters:
    ///   - shard: the shard's path in its folder.
    ///   - isLocal: true when keys are unique only within a shard.
    package func name(in shard: String, isLocal: Bool) -> String {
      WebDatasetReader.name(key, in: shard, isLocal: isLocal)
    }
  }

  /// The endings of the names of shards.
  package static let suffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz"]

  /// The endings of the files of a sample that are pictures.
  package static let pictures: Set<String> = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "jxl", "svg",
  ]

  /// The fault of a sample in which a file is there twice.
  package static let repeatedFiles = "samples have two files of one ending"

  /// The fault of a sample without a picture.
  /// - Parameters:
  ///   - dotted: an ending of one of its files that has a dot.
  ///   - key: the sample's.
  ///   - place: the shard and the sample's number.
  package static func absence(_ dotted: String?, of key: String, at place: String) -> (kind: String, place: String) {
    guard let dotted else { return ("samples have no picture", place) }
    return (
      "samples have no picture, but a name with several dots, of which the first ends the sample's key",
      "\(place), \(key).\(dotted)"
    )
  }

  /// The size of the largest file that is read, in bytes: 256 MiB.
  package static let limit = 256 << 20

  private let archive: TarReader
  private let wanted: Set<String>
  private var pending: TarReader.Entry?
  private var count = 0

  /// Opens a shard, compressed or not.
  /// - Parameters:
  ///   - path: the shard.
  ///   - wanted: the endings of the files that are read.
  /// - Throws: an error of ``TarReader``.
  package init(path: String, wanted: Set<String>) throws {
    archive = try TarReader(path: path)
    self.wanted = wanted
  }

  /// The number of bytes of the file that have been used, for progress.
  package var packedPosition: Int64 { archive.compressedPosition }

  /// The next sample; `nil` at the end.
  /// - Throws: the errors of ``TarReader/next()``. The last sample of an archive that ends early is not returned.
  package func next() throws -> Sample? {
    var sample: Sample?
    while let entry = try pending ?? archive.next() {
      guard let (key, ending) = Self.parts(entry.path) else {
        pending = nil
        continue
      }

      // The first file of the next sample shows that this one is complete.
      if let sample, sample.key != key {
        pending = entry
        return sample
      }
      pending = nil

      if sample == nil {
        count += 1
        sample = Sample(key: key, number: count)
      }

      if ending.contains("."), sample?.dotted == nil { sample?.dotted = ending }
      guard wanted.contains(ending) else { continue }
      if sample?.files[ending] != nil || sample?.tooLarge.contains(ending) ?? false { sample?.isRepeated = true }
      if let bytes = try archive.readAll(limit: Self.limit) {
        sample?.files[ending] = bytes
      } else {
        sample?.tooLarge.append(ending)
      }
    }
    return sample
  }

  /// The id of a sample whose JSON has none, as ``Sample/name(in:isLocal:)``.
  static func name(_ key: String, in shard: String, isLocal: Bool) -> String {
    guard isLocal else { return key }
    let suffix = suffixes.first { shard.hasEnding($0) } ?? ""
    return "\(shard.dropLast(suffix.count))/\(key)"
  }

  /// True for `__meta__/…`: files about the shard, which are no samples. Source: webdataset 1.0, `skip_meta`.
  private static func isAboutShard(_ key: Substring) -> Bool {
    guard key.utf8.starts(with: "__".utf8), let folder = key.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      return false
    }
    return key[..<folder].utf8.count >= 4 && key[..<folder].utf8.suffix(2).elementsEqual("__".utf8)
  }

  /// The key of a file, and its ending in lower case; `nil` for a file whose name has no dot or nothing before it, and
  /// for one about the shard.
  static func parts(_ path: String) -> (key: String, ending: String)? {
    let bytes = path.utf8
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    guard let dot = bytes[start...].firstIndex(of: UInt8(ascii: ".")), dot > start else { return nil }
    var key = path[..<dot]
    if key.utf8.starts(with: "./".utf8) { key = key.dropFirst(2) }
    guard !isAboutShard(key) else { return nil }
    return (String(key), path[bytes.index(after: dot)...].lowercased())
  }
}
