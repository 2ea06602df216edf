internal import ArtifactTypes

/// The properties of a code point that the tokenizer uses.
struct CodePointClass: OptionSet {
  let rawValue: UInt8

  /// Unicode white space: separates words.
  static let space = CodePointClass(rawValue: 1)
  /// A word by itself: a CJK-like code point, punctuation included.
  static let word = CodePointClass(rawValue: 2)
  /// Punctuation to the metadata's tokenizer.
  static let punctuation = CodePointClass(rawValue: 4)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ scalar: Unicode.Scalar) {
    self = scalar.properties.isWhitespace ? .space : scalar.isCJKLike ? .word : []
    if scalar.isMetadataPunctuation { insert(.punctuation) }
  }
}

/// The classes of all code points below U+10000 in a table; no white space or punctuation is above.
struct CodePointClasses {
  private let table: UnsafePointer<UInt8>

  private static let tableSize = 0x10000

  /// Exists as long as the process; nothing writes to it after it was made.
  nonisolated(unsafe) private static let shared: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: tableSize)
    for value in 0..<tableSize {
      table[value] = Unicode.Scalar(UInt32(value)).map { CodePointClass($0).rawValue } ?? 0
    }
    return UnsafePointer(table)
  }()

  init() { table = Self.shared }

  /// The class and the number of bytes of the code point at an index at which one begins, in valid UTF-8.
  ///
  /// Source of the masks: RFC 3629, §3.
  @inline(__always)
  func classify(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> (CodePointClass, Int) {
    let first = Int(bytes[index])
    if first < 0x80 { return (CodePointClass(rawValue: table[first]), 1) }
    if first < 0xE0 {
      return (CodePointClass(rawValue: table[(first & 0x1F) << 6 | Int(bytes[index + 1] & 0x3F)]), 2)
    }
    let rest = Int(bytes[index + 1] & 0x3F) << 6 | Int(bytes[index + 2] & 0x3F)
    if first < 0xF0 { return (CodePointClass(rawValue: table[(first & 0x0F) << 12 | rest]), 3) }
    let value = UInt32(first & 0x07) << 18 | UInt32(rest) << 6 | UInt32(bytes[index + 3] & 0x3F)
    return (Unicode.Scalar(value).map { $0.isCJKLike ? .word : [] } ?? [], 4)
  }

  /// A range without the white space at both ends.
  func stripped(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end {
      let (kind, count) = classify(bytes, start)
      guard kind == .space else { break }
      start += count
    }
    while end > start {
      // Back to the first byte of the last code point.
      var last = end - 1
      while last > start, UTF8.isContinuation(bytes[last]) { last -= 1 }
      guard classify(bytes, last).0 == .space else { break }
      end = last
    }
    return start..<end
  }
}
