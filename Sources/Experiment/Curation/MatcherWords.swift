internal import Glibc

/// The words of entries that begin and end between spaces, as a hash table.
struct MatcherWords {
  let slots: UnsafePointer<MatcherSlot>
  /// One less than the number of slots, a power of two.
  let mask: Int
  /// The words' bytes, a space after each.
  let bytes: UnsafeBufferPointer<UInt8>

  /// The look-up of a word of a text, with the first slot in which the word can be.
  struct LookUp: Sendable {
    fileprivate var key: UInt64
    fileprivate var tag: UInt32
    fileprivate var slot = MatcherSlot.empty
  }

  /// Looks up all words of a text.
  ///
  /// A look-up is an access to memory that is mostly far away. They do not wait for each other: all fetch their slots,
  /// then all compare.
  /// - Parameters:
  ///   - text: the text's bytes; eight more may be read after them.
  ///   - spaces: the positions of the spaces around the words.
  ///   - lookUps: memory that is used again.
  ///   - symbols: becomes the words' symbols, 0 for a word that no entry has, and one more.
  ///   - walks: becomes a walk for each word with which longer entries begin.
  ///   - found: the list to which the numbers of the entries of one word are appended.
  func find(
    _ text: UnsafeBufferPointer<UInt8>, _ spaces: UnsafeBufferPointer<UInt32>, lookUps: inout [LookUp],
    symbols: inout [UInt32], walks: inout [MatcherTrie.Walk], into found: inout [UInt32]
  ) {
    let count = spaces.count - 1
    if lookUps.count < count { lookUps = [LookUp](repeating: LookUp(key: 0, tag: 0), count: max(64, count * 2)) }
    if symbols.count < count + 1 { symbols = [UInt32](repeating: 0, count: lookUps.count + 1) }
    walks.removeAll(keepingCapacity: true)
    guard let start = text.baseAddress, let spaces = spaces.baseAddress else { return }

    lookUps.withUnsafeMutableBufferPointer { lookUps in
      symbols.withUnsafeMutableBufferPointer { symbols in
        guard let lookUps = lookUps.baseAddress else { return }
        for number in 0..<count {
          let begin = Int(spaces[number]) + 1
          (lookUps[number].key, lookUps[number].tag) =
            MatcherHash.wordKey(start + begin, Int(spaces[number + 1]) - begin)
        }

        for number in 0..<count {
          lookUps[number].slot = slots[MatcherHash.slot(lookUps[number].key, lookUps[number].tag) & mask]
        }

        for number in 0..<count {
          let begin = Int(spaces[number]) + 1
          let slot = slot(of: lookUps[number], start + begin, count: Int(spaces[number + 1]) - begin)
          symbols[number] = slot.target
          if slot.info.entry != 0 { found.append(slot.info.entry - 1) }
          if slot.info.hasChildren, number + 1 < count {
            walks.append(MatcherTrie.Walk(state: slot.target, position: number + 1))
          }
        }
        symbols[count] = 0
      }
    }
  }

  /// A word's slot, or an empty one.
  @inline(__always)
  private func slot(of lookUp: LookUp, _ start: UnsafePointer<UInt8>, count: Int) -> MatcherSlot {
    if lookUp.slot.target == 0 { return lookUp.slot }
    if isSlot(lookUp.slot, of: lookUp, start, count: count) { return lookUp.slot }
    var slot = (MatcherHash.slot(lookUp.key, lookUp.tag) + 1) & mask
    while slots[slot].target != 0, !isSlot(slots[slot], of: lookUp, start, count: count) { slot = (slot + 1) & mask }
    return slots[slot]
  }

  /// True when the slot is the word's. A short word is its key; of a longer one the key is only a hash.
  @inline(__always)
  private func isSlot(
    _ slot: MatcherSlot, of lookUp: LookUp, _ start: UnsafePointer<UInt8>, count: Int
  ) -> Bool {
    slot.key == lookUp.key && slot.info.tag == lookUp.tag
      && (lookUp.tag <= 8 || isWord(at: Int(slot.target) - 1, start, count: count))
  }

  /// True when a word of more than 8 bytes is the one at an offset of ``bytes``.
  @inline(__always)
  private func isWord(at offset: Int, _ start: UnsafePointer<UInt8>, count: Int) -> Bool {
    guard offset + count < bytes.count, bytes[offset + count] == 32, let base = bytes.baseAddress else { return false }
    guard count <= 16 else { return memcmp(base + offset, start, count) == 0 }
    // Two overlapping halves of eight bytes.
    let (left, right) = (UnsafeRawPointer(base + offset), UnsafeRawPointer(start))
    return left.loadUnaligned(as: UInt64.self) == right.loadUnaligned(as: UInt64.self)
      && left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
  }
}
