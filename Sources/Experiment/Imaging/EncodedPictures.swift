package import Core
internal import FileFormats

/// The encoded pictures of a folder, in WebDataset shards and in files of their own: found by their ids, read when
/// needed.
///
/// Shards are searched once, for their headers and the samples' JSON. Ids are those of `ReadWebDataset` and of
/// `RenderPictures`; of equal ids the first counts, in the order of the paths' UTF-8 bytes and of the samples.
package final class EncodedPictures: Sendable {
  /// The bytes of a picture: the position of its file in ``files``, and the range in that file.
  private struct Place: Sendable {
    let file: Int
    let offset: Int
    let count: Int
  }

  /// The endings of the names of files with one picture.
  package static let suffixes = [".jpg", ".jpeg", ".JPEG", ".JPG", ".png", ".PNG", ".webp", ".gif"]

  /// The ids in order.
  package let ids: [String]
  /// The files and samples that were left out, such as samples without a picture.
  package let faults: FaultCounts
  private let files: [String]
  private let places: [Place]
  private let positions: [String: Int]

  /// Finds the pictures of a folder.
  /// - Parameters:
  ///   - folder: shards that are not compressed, pictures, or both.
  ///   - keysAreLocal: true when the keys of samples are unique only within their shard, as for `ReadWebDataset`.
  /// - Throws: ``OperationError`` when the folder or a shard cannot be read, or has no picture; `CancellationError`.
  package init(_ folder: InputFolder, keysAreLocal: Bool) throws {
    var found = Found()
    let members = try folder.files()

    // A file that is not a shard is one picture, named by its stem.
    for (number, file) in members.enumerated() {
      try Task.checkCancellation()
      if WebDatasetReader.suffixes.contains(where: { file.name.hasEnding($0) }) {
        try Self.scan(file, number: number, keysAreLocal: keysAreLocal, into: &found)
      } else {
        let descriptor = try InputDescriptor(path: file.path, isSequential: false)
        if !found.add(file.stem, Place(file: number, offset: 0, count: Int(descriptor.byteCount))) {
          found.faults.add("pictures have the name of another but for its ending and are left out", file.relativePath)
        }
      }
    }

    try found.faults.check(kept: found.ids.count, operation: "read the pictures", subject: folder.path)
    ids = found.ids
    places = found.places
    positions = found.positions
    faults = found.faults
    files = members.map(\.path)
  }

  /// The number of pictures.
  package var count: Int { ids.count }

  /// The position of a picture in 0..<``count``; `nil` when no picture has that id.
  package func position(of id: String) -> Int? { positions[id] }

  /// Reads the encoded bytes of a picture.
  /// - Parameter position: in 0..<``count``.
  /// - Throws: ``OperationError`` when the file cannot be read or has become shorter.
  package func bytes(at position: Int) throws -> [UInt8] {
    let place = places[position]
    let descriptor = try InputDescriptor(path: files[place.file], isSequential: false)
    let bytes = try descriptor.bytes(at: Int64(place.offset), count: place.count)
    guard bytes.count == place.count else {
      throw OperationError(
        operation: "read the picture", subject: "\(ids[position]) in \(files[place.file])",
        cause: "the file has become shorter since the folder was searched: run again, and do not change it meanwhile")
    }
    return bytes
  }

  /// The pictures so far.
  private struct Found {
    var ids: [String] = []
    var places: [Place] = []
    var positions: [String: Int] = [:]
    var faults = FaultCounts(examples: 5)

    /// - Returns: false when an earlier picture has the id.
    mutating func add(_ id: String, _ place: Place) -> Bool {
      guard positions[id] == nil else { return false }
      positions[id] = ids.count
      ids.append(id)
      places.append(place)
      return true
    }
  }

  /// The part of a sample that has been read.
  private struct Sample {
    let key: String
    var pictures: [String: Place] = [:]
    var json: [UInt8]?
    var isTooLarge = false
    /// True when a picture or the JSON is there twice.
    var isRepeated = false
    /// The first ending with a dot in it.
    var dotted: String?
  }

  /// Finds the pictures of a shard.
  /// - Parameter number: the position of the file in ``files``.
  private static func scan(
    _ file: FolderFile, number: Int, keysAreLocal: Bool, into found: inout Found
  ) throws {
    let archive = try TarReader(path: file.path)
    guard archive.compression == .none else {
      throw OperationError(
        operation: "read the shard", subject: file.path,
        cause: """
          it is compressed (\(archive.compression.rawValue)), so that single pictures cannot be read from it: \
          decompress it to a plain .tar
          """)
    }

    var sample: Sample?
    var count = 0
    /// Adds the picture of the sample whose files have all been read.
    func close() {
      guard let sample else { return }
      count += 1
      let names = sample.json.map { json in json.withUnsafeBytes { PairNames.read($0) } }
      let id =
        names?.image ?? names?.id ?? WebDatasetReader.name(sample.key, in: file.relativePath, isLocal: keysAreLocal)
      let place = "\(file.relativePath):\(count)"
      // Of several pictures the one whose ending comes first in the alphabet.
      guard let ending = sample.pictures.keys.min(), let picture = sample.pictures[ending] else {
        let fault = WebDatasetReader.absence(sample.dotted, of: sample.key, at: place)
        found.faults.add(sample.isTooLarge ? "pictures are too large" : fault.kind, fault.place)
        return
      }
      if sample.isRepeated {
        found.faults.add(WebDatasetReader.repeatedFiles, place)
      } else if id.utf8.contains(10) {
        found.faults.add("pictures have an id of several lines", place)
      } else {
        _ = found.add(id, picture)
      }
    }

    while let entry = try archive.next() {
      guard let (key, ending) = WebDatasetReader.parts(entry.path) else { continue }
      if sample?.key != key {
        close()
        sample = Sample(key: key)
      }

      if ending.contains("."), sample?.dotted == nil { sample?.dotted = ending }
      if ending == "json" {
        if sample?.json != nil { sample?.isRepeated = true }
        sample?.json = try archive.readAll(limit: WebDatasetReader.limit)
      } else if WebDatasetReader.pictures.contains(ending) {
        if sample?.pictures[ending] != nil { sample?.isRepeated = true }
        if entry.size <= WebDatasetReader.limit {
          sample?.pictures[ending] = Place(file: number, offset: entry.offset, count: entry.size)
        } else {
          sample?.isTooLarge = true
        }
      }
    }
    close()
  }
}
