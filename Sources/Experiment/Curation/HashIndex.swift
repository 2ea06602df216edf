/// Finds all hashes that differ from a given one in few bits, without comparing it with each.
///
/// The 64 bits are split into one band more than bits may differ, so that two hashes within the distance are equal in
/// at least one band; the result is exact. Source: Norouzi, Punjani, Fleet, “Fast search in Hamming space with
/// multi-index hashing”, 2012.
package struct HashIndex: Sendable {
  private struct Band {
    var shift: UInt64
    var mask: UInt64
    /// The start of each value's hashes in ``positions``, and the end of the last.
    var starts: [Int32]
    /// The positions of hashes, in the order of their values in the band.
    var positions: [Int32]
  }

  /// The largest possible distance: with it a band has 2 bits.
  package static let limit = 31

  private let hashes: [UInt64]
  private let maximumDistance: Int
  private let bands: [Band]

  /// An index of hashes.
  /// - Parameters:
  ///   - hashes: the hashes, in the order of their positions.
  ///   - maximumDistance: the most bits in which two hashes may differ, 0...``limit``.
  package init(_ hashes: [UInt64], maximumDistance: Int) {
    precondition(0...Self.limit ~= maximumDistance, "a distance is in 0...\(Self.limit)")
    self.hashes = hashes
    self.maximumDistance = maximumDistance

    let count = maximumDistance + 1
    bands = (0..<count).map { band in
      let start = band * 64 / count
      // Wider bands are looked up by 16 of their bits: more candidates, the same result.
      let bits = min(16, (band + 1) * 64 / count - start)
      let mask = UInt64(1) << UInt64(bits) - 1

      // A counting sort by the value in the band.
      var starts = [Int32](repeating: 0, count: 1 << bits + 1)
      for hash in hashes { starts[Int(hash >> UInt64(start) & mask) + 1] += 1 }
      for value in 1..<starts.count { starts[value] += starts[value - 1] }
      var next = starts
      var positions = [Int32](repeating: 0, count: hashes.count)
      for (position, hash) in hashes.enumerated() {
        let value = Int(hash >> UInt64(start) & mask)
        positions[Int(next[value])] = Int32(position)
        next[value] += 1
      }
      return Band(shift: UInt64(start), mask: mask, starts: starts, positions: positions)
    }
  }

  /// Calls `body` once with the position and distance of each hash within the maximum distance, in no particular order.
  package func forEach(near hash: UInt64, _ body: (Int, Int) -> Void) {
    for (number, band) in bands.enumerated() {
      let value = Int(hash >> band.shift & band.mask)
      for candidate in Int(band.starts[value])..<Int(band.starts[value + 1]) {
        let position = Int(band.positions[candidate])
        let difference = hashes[position] ^ hash
        let distance = difference.nonzeroBitCount
        guard distance <= maximumDistance else { continue }
        // An earlier band in which both are equal has reported it already.
        if bands[..<number].contains(where: { difference >> $0.shift & $0.mask == 0 }) { continue }
        body(position, distance)
      }
    }
  }
}
