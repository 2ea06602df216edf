/// Where the objects of a finished pack are, from its `.idx` file.
struct PackIndex {
  struct Place {
    var id: ObjectID
    var offset: Int
    /// To the next entry.
    var length: Int
    var checksum: UInt32
  }

  /// In the order of the pack.
  let places: [Place]

  /// - Parameters:
  ///   - bytes: the index, version 2.
  ///   - packLength: the length of the pack file.
  /// - Returns: `nil` when the index is damaged or of another version.
  init?(_ bytes: [UInt8], packLength: Int) {
    guard bytes.count >= 8 + 1024 + 40, bytes.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]) else { return nil }
    func word(_ offset: Int) -> UInt32 {
      bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }
    let count = Int(word(8 + 255 * 4))
    let ids = 8 + 1024
    let checksums = ids + 20 * count
    let offsets = checksums + 4 * count
    let large = offsets + 4 * count
    guard bytes.count >= large + 40 else { return nil }
    var places: [Place] = []
    places.reserveCapacity(count)
    for position in 0..<count {
      var offset = Int(word(offsets + 4 * position))
      if offset & 0x8000_0000 != 0 {
        let start = large + 8 * (offset & 0x7fff_ffff)
        guard start + 8 <= bytes.count - 40 else { return nil }
        offset = Int(word(start)) << 32 | Int(word(start + 4))
      }
      let id = bytes.withUnsafeBytes {
        ObjectID(raw: UnsafeRawBufferPointer(rebasing: $0[(ids + 20 * position)..<(ids + 20 * position + 20)]))
      }
      places.append(Place(id: id, offset: offset, length: 0, checksum: word(checksums + 4 * position)))
    }
    places.sort { $0.offset < $1.offset }
    for position in places.indices {
      let end = position + 1 < places.count ? places[position + 1].offset : packLength - 20
      guard end > places[position].offset, places[position].offset >= 12 else { return nil }
      places[position].length = end - places[position].offset
    }
    self.places = places
  }
}
