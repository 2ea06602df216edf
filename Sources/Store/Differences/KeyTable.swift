/// Records of one side by their keys; those of the same key come out in their order.
struct KeyTable {
  /// 0 for an empty slot, otherwise the number + 1 of the first record with its key.
  private var slots: [UInt32]
  /// For the first record of each key the number + 1 of the first that has not been taken, 0 when all have.
  private var heads: [UInt32]
  /// The number + 1 of the next record of the same key.
  private var following: [UInt32]
  private let mask: Int
  private var isTaken: [Bool]

  init(_ records: [RecordSummary]) {
    var bits = 4
    while 1 << bits < records.count * 2 { bits += 1 }
    mask = 1 << bits - 1

    slots = Array(repeating: 0, count: 1 << bits)
    heads = Array(repeating: 0, count: records.count)
    following = Array(repeating: 0, count: records.count)
    isTaken = Array(repeating: false, count: records.count)

    // From the last record to the first, so that each chain begins with the first of its key.
    for index in records.indices.reversed() {
      let slot = self.slot(records[index].key, records)
      if slots[slot] == 0 {
        slots[slot] = UInt32(index + 1)
        heads[index] = UInt32(index + 1)
      } else {
        let first = Int(slots[slot] - 1)
        following[index] = heads[first]
        heads[first] = UInt32(index + 1)
      }
    }
  }

  private func slot(_ key: (UInt64, UInt64), _ records: [RecordSummary]) -> Int {
    var slot = Int(truncatingIfNeeded: key.0) & mask
    while slots[slot] != 0, records[Int(slots[slot] - 1)].key != key { slot = (slot + 1) & mask }
    return slot
  }

  /// Takes the first record of this key that has not been taken yet.
  /// - Parameter records: those that the table was made of.
  /// - Returns: its number; `nil` when there is none.
  mutating func take(_ key: (UInt64, UInt64), of records: [RecordSummary]) -> Int? {
    let slot = slot(key, records)
    guard slots[slot] != 0 else { return nil }
    let first = Int(slots[slot] - 1)
    guard heads[first] != 0 else { return nil }
    let index = Int(heads[first] - 1)
    heads[first] = following[index]
    isTaken[index] = true
    return index
  }

  /// The numbers of the records that were not taken.
  var left: [Int] { isTaken.indices.filter { !isTaken[$0] } }
}
