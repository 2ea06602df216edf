/// The rows of words and n-grams in a fastText model.
///
/// Source: fastText 0.9.2: words and n-grams are hashed by FNV-1a over sign-extended bytes.
struct FastTextDictionary: Sendable {
  /// The kinds of words.
  enum Kind: UInt8 {
    case word, label, endOfLine
  }

  /// The beginning of every label.
  static let labelPrefix = Array("__label__".utf8)
  /// The word that stands for a line's end.
  static let endOfLine = Array("</s>".utf8)

  /// The most words in a row that have rows; 1 for none.
  let wordNgrams: Int
  private let words: [[UInt8]]
  private let labels: [[UInt8]]
  /// Number + 1 of a word, or of a label after all words; 0 for an empty slot.
  private let slots: [UInt32]
  /// The shortest and the longest n-grams, in code points.
  private let shortest, longest: Int
  private let buckets: FastDivisor
  /// A hash table of buckets and rows of the n-grams that were kept, with the bucket −1 in an empty slot; `nil` when
  /// each bucket has its row.
  private let kept: [SIMD2<Int32>]?
  /// A bit for each bucket that may be kept, by the low bits of its number: small enough to stay near the processor.
  private let filter: [UInt64]
  private static let filterBits: UInt32 = 1 << 20

  init(_ file: FastTextFile) {
    wordNgrams = file.wordNgrams
    words = file.words
    labels = file.labels
    shortest = file.shortestNgram
    longest = file.longestNgram
    buckets = FastDivisor(UInt32(max(1, file.buckets)))

    var slots = [UInt32](repeating: 0, count: Self.capacity(words.count + labels.count))
    for (number, entry) in (words + labels).enumerated() {
      var slot = Int(entry.withUnsafeBufferPointer(Self.hash)) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number + 1)
    }
    self.slots = slots

    var filter = [UInt64](repeating: 0, count: Int(Self.filterBits / 64))
    for ngram in file.keptNgrams ?? [] {
      let bit = UInt32(bitPattern: ngram.bucket) & (Self.filterBits - 1)
      filter[Int(bit >> 6)] |= 1 << UInt64(bit & 63)
    }
    self.filter = filter
    kept = file.keptNgrams.map { ngrams in
      var kept = [SIMD2<Int32>](repeating: [-1, 0], count: Self.capacity(ngrams.count))
      for ngram in ngrams where ngram.bucket >= 0 {
        var slot = Self.spread(ngram.bucket) & (kept.count - 1)
        while kept[slot].x >= 0, kept[slot].x != ngram.bucket { slot = (slot + 1) & (kept.count - 1) }
        kept[slot] = [ngram.bucket, ngram.row]
      }
      return kept
    }
  }

  /// A power of two, at least twice the count.
  private static func capacity(_ count: Int) -> Int {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    return capacity
  }

  @inline(__always)
  private static func spread(_ bucket: Int32) -> Int { Int((UInt32(bitPattern: bucket) &* 0x9E37_79B1) >> 8) }

  /// FNV-1a, 32 bits, with each byte sign-extended.
  @inline(__always)
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = step(hash, byte) }
    return hash
  }

  @inline(__always)
  private static func step(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(bitPattern: Int32(Int8(bitPattern: byte)))) &* 16_777_619
  }

  /// Appends the rows of a word and its n-grams; a label has none.
  /// - Parameters:
  ///   - word: the word's bytes.
  ///   - hash: ``hash(_:)`` of the word.
  ///   - rows: the list to which the rows are appended.
  ///   - bracketed: memory for the word in `<` and `>`.
  func appendRows(
    of word: UnsafeBufferPointer<UInt8>, _ hash: UInt32, to rows: inout [Int32], bracketed: inout [UInt8]
  ) -> Kind {
    let number = number(of: word, hash)
    let isEnd = word.elementsEqual(Self.endOfLine)
    if number.map({ $0 >= words.count }) ?? word.starts(with: Self.labelPrefix) { return isEnd ? .endOfLine : .label }
    if let number { rows.append(Int32(number)) }
    if longest > 0, !isEnd {
      bracketed.removeAll(keepingCapacity: true)
      bracketed.append(UInt8(ascii: "<"))
      bracketed.append(contentsOf: word)
      bracketed.append(UInt8(ascii: ">"))
      bracketed.withUnsafeBufferPointer { appendNgrams(of: $0, to: &rows) }
    }
    return isEnd ? .endOfLine : .word
  }

  /// The number of a word, or of a label after all words; `nil` for one that the model does not have.
  private func number(of word: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int? {
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      let entry = number < words.count ? words[number] : labels[number - words.count]
      if entry.count == word.count, entry.elementsEqual(word) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Appends the rows of the n-grams, which are of whole UTF-8 sequences; a bracket by itself is no n-gram.
  private func appendNgrams(of word: UnsafeBufferPointer<UInt8>, to rows: inout [Int32]) {
    withKept { kept, filter in
      for start in word.indices where word[start] & 0xC0 != 0x80 {
        var hash: UInt32 = 2_166_136_261
        var end = start
        var length = 1
        while end < word.count, length <= longest {
          repeat {
            hash = Self.step(hash, word[end])
            end += 1
          } while end < word.count && word[end] & 0xC0 == 0x80

          if length >= shortest, length > 1 || (start > 0 && end < word.count),
            let row = row(of: buckets.remainder(hash), kept, filter: filter)
          {
            rows.append(row)
          }
          length += 1
        }
      }
    }
  }

  /// Appends the rows of the sequences of two and more words.
  /// - Parameter hashes: ``hash(_:)`` of each word of a text.
  func appendWordNgrams(_ hashes: [UInt32], to rows: inout [Int32]) {
    let extended = hashes.map { UInt64(bitPattern: Int64(Int32(bitPattern: $0))) }
    withKept { kept, filter in
      for start in extended.indices {
        var hash = extended[start]
        for next in extended[(start + 1)...].prefix(wordNgrams - 1) {
          hash = hash &* 116_049_371 &+ next
          if let row = row(of: UInt32(hash % UInt64(buckets.divisor)), kept, filter: filter) { rows.append(row) }
        }
      }
    }
  }

  private func withKept(_ body: (UnsafeBufferPointer<SIMD2<Int32>>?, UnsafeBufferPointer<UInt64>) -> Void) {
    filter.withUnsafeBufferPointer { filter in
      if let kept { kept.withUnsafeBufferPointer { body($0, filter) } } else { body(nil, filter) }
    }
  }

  /// The row of a bucket; `nil` for one that was not kept.
  @inline(__always)
  private func row(
    of bucket: UInt32, _ kept: UnsafeBufferPointer<SIMD2<Int32>>?, filter: UnsafeBufferPointer<UInt64>
  ) -> Int32? {
    let bit = bucket & (Self.filterBits - 1)
    let bucket = Int32(bitPattern: bucket)
    guard let kept else { return Int32(words.count) + bucket }
    guard filter[Int(bit >> 6)] >> UInt64(bit & 63) & 1 != 0 else { return nil }
    var slot = Self.spread(bucket) & (kept.count - 1)
    while kept[slot].x >= 0 {
      if kept[slot].x == bucket { return Int32(words.count) + kept[slot].y }
      slot = (slot + 1) & (kept.count - 1)
    }
    return nil
  }
}

/// The remainder of a division, without dividing. Source: Lemire, Kaser, Kurz, “Faster remainder by direct
/// computation”, 2019.
private struct FastDivisor {
  let divisor: UInt32
  private let inverse: UInt64

  init(_ divisor: UInt32) {
    self.divisor = divisor
    inverse = UInt64.max / UInt64(divisor) &+ 1
  }

  @inline(__always)
  func remainder(_ value: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (inverse &* UInt64(value)).multipliedFullWidth(by: UInt64(divisor)).high)
  }
}
