package import Core
internal import FileFormats

/// The encoded pictures of a folder, those of WebDataset shards and those that lie there as files: found by their ids, read when needed.
///
/// Shards are looked through once, for their headers and the samples' JSON. Ids are those of `ReadWebDataset` and of `RenderPictures`; of
/// equal ids the first counts, in the order of the paths' UTF-8 bytes and of the samples.
package final class EncodedPictures: Sendable {
  /// Where a picture's bytes lie.
  private struct Place: Sendable {
    let file: Int
    let offset: Int
    let count: Int
  }

  /// Endings of the names of files with pictures.
  package static let suffixes = [".jpg", ".jpeg", ".JPEG", ".JPG", ".png", ".PNG", ".webp", ".gif"]

  /// The ids in order.
  package let ids: [String]
  /// What was left out, such as samples without a picture.
  package let faults: FaultCounts
  private let files: [String]
  private let places: [Place]
  private let positions: [String: Int]

  /// Looks through a folder.
  /// - Parameters:
  ///   - folder: shards that are not packed, pictures, or both.
  ///   - keysAreLocal: whether samples' keys are unique within a shard alone, as for `ReadWebDataset`.
  /// - Throws: ``OperationError`` when the folder or a shard cannot be read, or no picture is there; `CancellationError`.
  package init(_ folder: InputFolder, keysAreLocal: Bool) throws {
    var found = Found()
    let members = try folder.files()
    for (number, file) in members.enumerated() {
      try Task.checkCancellation()
      if WebDatasetReader.suffixes.contains(where: { file.name.hasSuffix($0) }) {
        try Self.scan(file, number, keysAreLocal, &found)
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

  /// How many pictures there are.
  package var count: Int { ids.count }

  /// Where a picture is; `nil` when there is none of that id.
  package func position(of id: String) -> Int? { positions[id] }

  /// A picture's bytes as they lie on the disk.
  /// - Parameter position: in 0..<``count``.
  /// - Throws: ``OperationError`` when the file cannot be read or has become shorter.
  package func bytes(at position: Int) throws -> [UInt8] {
    let place = places[position]
    let descriptor = try InputDescriptor(path: files[place.file], isSequential: false)
    let bytes = try descriptor.bytes(at: Int64(place.offset), count: place.count)
    guard bytes.count == place.count else {
      throw OperationError(
        operation: "read the picture", subject: "\(ids[position]) in \(files[place.file])",
        cause: "the file has become shorter since it was looked through: run again, and leave it as it is meanwhile")
    }
    return bytes
  }

  private struct Found {
    var ids: [String] = []
    var places: [Place] = []
    var positions: [String: Int] = [:]
    var faults = FaultCounts(examples: 5)

    mutating func add(_ id: String, _ place: Place) -> Bool {
      guard positions[id] == nil else { return false }
      positions[id] = ids.count
      ids.append(id)
      places.append(place)
      return true
    }
  }

  /// What is known of the sample that is being read.
  private struct Sample {
    let key: String
    var pictures: [String: Place] = [:]
    var json: [UInt8]?
    var isTooLarge = false
  }

  private static func scan(_ file: FolderFile, _ number: Int, _ keysAreLocal: Bool, _ found: inout Found) throws {
    let archive = try TarReader(path: file.path)
    guard archive.compression == .none else {
      throw OperationError(
        operation: "read the shard", subject: file.path,
        cause: """
          it is packed (\(archive.compression.rawValue)), so that single pictures cannot be read from it: unpack it to a plain .tar
          """)
    }
    var sample: Sample?
    var count = 0
    func close() {
      guard let sample else { return }
      count += 1
      let names = sample.json.map { json in json.withUnsafeBytes { PairNames.read($0) } }
      let id =
        names?.image ?? names?.id ?? WebDatasetReader.name(sample.key, in: file.relativePath, isLocal: keysAreLocal)
      let place = "\(file.relativePath):\(count)"
      guard let ending = sample.pictures.keys.min(), let picture = sample.pictures[ending] else {
        found.faults.add(sample.isTooLarge ? "pictures are too large" : "samples have no picture", place)
        return
      }
      if id.utf8.contains(10) {
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
      if ending == "json" {
        sample?.json = try archive.readAll(limit: WebDatasetReader.limit)
      } else if WebDatasetReader.pictures.contains(ending) {
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
