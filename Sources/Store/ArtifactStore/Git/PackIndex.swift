/// The places of the objects in a finished pack, from its `.idx` file.
///
/// Read here, since libgit2 looks objects up by name only: it says neither which pack an object is in nor how many
/// bytes it takes there, which collections and consolidations decide by.
struct PackIndex {
  /// An object's entry in the pack.
  struct Place {
    var id: ObjectID
    /// The position of the entry's first byte.
    var offset: Int
    /// The bytes up to the next entry.
    var length: Int
    /// The CRC-32 of the entry's bytes.
    var checksum: UInt32
  }

  /// The first bytes of an index of version 2: a signature, then the version (gitformat-pack).
  static let signature: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
  /// The length of the table of counts by first byte: 256 numbers of four bytes.
  static let countsLength = 1024
  /// The length of the two checksums at the end: the pack's and the index's own.
  private static let trailerLength = 40

  /// In the order of the pack.
  let places: [Place]

  /// - Parameters:
  ///   - bytes: the index, version 2.
  ///   - packLength: the length of the pack file.
  /// - Returns: `nil` when the index is damaged or of another version.
  init?(_ bytes: [UInt8], packLength: Int) {
    let ids = Self.signature.count + Self.countsLength
    guard bytes.count >= ids + Self.trailerLength, bytes.starts(with: Self.signature) else { return nil }
    func word(_ offset: Int) -> UInt32 {
      bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    // Four tables in the order of the names: names, checksums, offsets, and the offsets that need eight bytes.
    let count = Int(word(ids - 4))
    let checksums = ids + 20 * count
    let offsets = checksums + 4 * count
    let large = offsets + 4 * count
    guard bytes.count >= large + Self.trailerLength else { return nil }

    var places: [Place] = []
    places.reserveCapacity(count)
    for position in 0..<count {
      var offset = Int(word(offsets + 4 * position))
      if offset & 0x8000_0000 != 0 {
        let start = large + 8 * (offset & 0x7fff_ffff)
        guard start + 8 <= bytes.count - Self.trailerLength else { return nil }
        offset = Int(word(start)) << 32 | Int(word(start + 4))
      }
      let id = bytes.withUnsafeBytes {
        ObjectID(raw: UnsafeRawBufferPointer(rebasing: $0[(ids + 20 * position)..<(ids + 20 * position + 20)]))
      }
      places.append(Place(id: id, offset: offset, length: 0, checksum: word(checksums + 4 * position)))
    }

    // An entry ends where the next begins, the last before the pack's checksum.
    places.sort { $0.offset < $1.offset }
    for position in places.indices {
      let end = position + 1 < places.count ? places[position + 1].offset : packLength - 20
      guard end > places[position].offset, places[position].offset >= 12 else { return nil }
      places[position].length = end - places[position].offset
    }
    self.places = places
  }
}
