internal import Glibc

/// The words of entries that begin and end between spaces, as a hash table.
struct MatcherWords {
  let slots: UnsafePointer<MatcherSlot>
  /// One less than the number of slots, a power of two.
  let mask: Int
  /// The words' bytes, a space behind each.
  let bytes: UnsafeBufferPointer<UInt8>

  /// A word of a text and the slot where it is looked for first.
  struct Place: Sendable {
    fileprivate var key: UInt64
    fileprivate var tag: UInt32
    fileprivate var slot = MatcherSlot.empty
  }

  /// Looks all words of a text up.
  ///
  /// A look-up is an access to memory that is mostly far away. They do not wait for each other: all fetch their slots, then all compare.
  /// - Parameters:
  ///   - text: its bytes, of which eight more may be read behind them, and the positions of the spaces around the words.
  ///   - symbols: becomes the words' symbols, 0 for a word that no entry has, and one more.
  ///   - walks: becomes a walk for each word that longer entries begin with.
  func find(
    _ text: UnsafeBufferPointer<UInt8>, _ spaces: UnsafeBufferPointer<UInt32>, _ places: inout [Place],
    symbols: inout [UInt32], walks: inout [MatcherTrie.Walk], _ found: inout [UInt32]
  ) {
    let count = spaces.count - 1
    if places.count < count { places = [Place](repeating: Place(key: 0, tag: 0), count: max(64, count * 2)) }
    if symbols.count < count + 1 { symbols = [UInt32](repeating: 0, count: places.count + 1) }
    walks.removeAll(keepingCapacity: true)
    guard let start = text.baseAddress, let spaces = spaces.baseAddress else { return }
    places.withUnsafeMutableBufferPointer { places in
      symbols.withUnsafeMutableBufferPointer { symbols in
        guard let places = places.baseAddress else { return }
        for number in 0..<count {
          let begin = Int(spaces[number]) + 1
          (places[number].key, places[number].tag) = MatcherHash.wordKey(start + begin, Int(spaces[number + 1]) - begin)
        }
        for number in 0..<count {
          places[number].slot = slots[MatcherHash.slot(places[number].key, places[number].tag) & mask]
        }
        for number in 0..<count {
          let begin = Int(spaces[number]) + 1
          let slot = look(places[number], start + begin, Int(spaces[number + 1]) - begin)
          symbols[number] = slot.target
          if slot.info.entry != 0 { found.append(slot.info.entry - 1) }
          if slot.info.hasChildren, number + 1 < count {
            walks.append(MatcherTrie.Walk(state: slot.target, place: number + 1))
          }
        }
        symbols[count] = 0
      }
    }
  }

  /// A word's slot, or an empty one.
  @inline(__always)
  private func look(_ place: Place, _ start: UnsafePointer<UInt8>, _ count: Int) -> MatcherSlot {
    if place.slot.target == 0 { return place.slot }
    if isSame(place.slot, place, start, count) { return place.slot }
    var slot = (MatcherHash.slot(place.key, place.tag) + 1) & mask
    while slots[slot].target != 0, !isSame(slots[slot], place, start, count) { slot = (slot + 1) & mask }
    return slots[slot]
  }

  @inline(__always)
  private func isSame(_ slot: MatcherSlot, _ place: Place, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    slot.key == place.key && slot.info.tag == place.tag
      && (place.tag <= 8 || isWord(Int(slot.target) - 1, start, count))
  }

  /// Whether this word stands at an offset.
  @inline(__always)
  private func isWord(_ offset: Int, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard offset + count < bytes.count, bytes[offset + count] == 32, let base = bytes.baseAddress else { return false }
    guard count <= 16 else { return memcmp(base + offset, start, count) == 0 }
    let (left, right) = (UnsafeRawPointer(base + offset), UnsafeRawPointer(start))
    return left.loadUnaligned(as: UInt64.self) == right.loadUnaligned(as: UInt64.self)
      && left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
  }
}
