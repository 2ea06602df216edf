internal import ArtifactTypes
internal import Core
internal import Glibc

/// Compiles entries into the bytes of an index that ``ConceptMatcher`` reads.
package struct MatcherBuilder {
  /// The root of the half of the code-point trie for entries that need a space before them.
  static let afterSpace: UInt32 = 1
  /// The root of the half for entries that can begin anywhere.
  static let anywhere: UInt32 = 2

  /// The most bytes of all entries, so that offsets of words and the states of rows together stay below 2³².
  private static let byteLimit = 1 << 30

  /// The entries' bytes, one after the other.
  private var arena: [UInt8] = []
  /// The offsets of the entries in ``arena``, and its end.
  private var starts: [UInt32] = [0]

  /// A builder without entries.
  package init() {}

  /// Adds an entry's UTF-8 bytes. Duplicates and empty entries are dropped; the order does not matter.
  mutating func add(_ entry: UnsafeBufferPointer<UInt8>) {
    guard !entry.isEmpty else { return }
    arena.append(contentsOf: entry)
    starts.append(UInt32(arena.count))
  }

  /// Adds an entry. Duplicates and empty entries are dropped; the order does not matter.
  package mutating func add(_ entry: String) {
    var entry = entry
    entry.withUTF8 { add($0) }
  }

  /// The compiled index, and the number of its distinct entries. The same entries give the same bytes.
  /// - Throws: ``OperationError`` when there are more entries than an index can hold.
  package consuming func compile() throws -> (bytes: [UInt8], entries: Int) {
    guard arena.count < Self.byteLimit, starts.count < MatcherInfo.entryLimit else {
      throw OperationError(
        operation: "compile an index", subject: "\(starts.count - 1) entries",
        cause: "one group holds at most 134 million of 1 GiB in all")
    }
    // A word is read eight bytes at a time, the last entry's words too.
    arena.append(contentsOf: repeatElement(0, count: 8))
    let order = sorted()

    var parts = MatcherParts(expecting: order.count, byteCount: arena.count)
    arena.withUnsafeBufferPointer { arena in
      guard let base = arena.baseAddress else { return }
      for index in order {
        let start = Int(starts[index])
        parts.add(UnsafeBufferPointer(start: base + start, count: Int(starts[index + 1]) - start))
      }
    }
    return (parts.assembled(), order.count)
  }

  /// The positions of the distinct entries in the order of their bytes.
  private func sorted() -> [Int] {
    struct Item {
      /// The first eight bytes, big-endian and padded with zeros: most comparisons need no more.
      var prefix: UInt64
      var index: Int
    }
    var items: [Item] = []
    items.reserveCapacity(starts.count - 1)
    return arena.withUnsafeBytes { arena in
      guard let base = arena.baseAddress else { return [] }
      func range(_ index: Int) -> (start: Int, count: Int) {
        (Int(starts[index]), Int(starts[index + 1] - starts[index]))
      }

      for index in 0..<(starts.count - 1) {
        let (start, count) = range(index)
        let raw = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        items.append(Item(prefix: count >= 8 ? raw : raw & ~(.max >> (8 * UInt64(count))), index: index))
      }

      func compare(_ left: Int, _ right: Int) -> Int {
        let (leftStart, leftCount) = range(left)
        let (rightStart, rightCount) = range(right)
        let order = memcmp(base + leftStart, base + rightStart, min(leftCount, rightCount))
        return order != 0 ? Int(order) : leftCount - rightCount
      }
      items.sort { $0.prefix != $1.prefix ? $0.prefix < $1.prefix : compare($0.index, $1.index) < 0 }

      // Duplicates are neighbours now.
      var order: [Int] = []
      order.reserveCapacity(items.count)
      for item in items {
        if let last = order.last, compare(last, item.index) == 0 { continue }
        order.append(item.index)
      }
      return order
    }
  }
}
