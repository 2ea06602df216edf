extension Unicode.Scalar {
  /// True when the code point is a token of its own in the metadata's tokenizer and in matching: for scripts written
  /// without spaces, and for punctuation.
  ///
  /// Source: MetaCLIP 2, reference code of the metadata's tokenizer. Kana and Hangul are not in it.
  package var isCJKLike: Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B820...0x2CEAF,
      0x2CEB0...0x2EBEF, 0xF900...0xFAFF, 0x2E80...0x2EFF, 0x2F00...0x2FDF, 0x2FF0...0x2FFF:
      true
    case 0x0E00...0x0E7F, 0x0E80...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x0F00...0x0FFF: true
    default: isMetadataPunctuation
    }
  }

  /// True when the code point is punctuation to the metadata's tokenizer: that of ASCII, Chinese and Japanese.
  ///
  /// Source: MetaCLIP 2, reference code of the metadata's tokenizer.
  package var isMetadataPunctuation: Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    case 0..<0x80: false
    default: Self.widePunctuation.contains(self)
    }
  }

  private static let widePunctuation = Set("，。、；：？¿！“”‘’（）【】《》〈〉「」『』～—".unicodeScalars)

  /// True when words may begin and end at the code point in matching: ``isCJKLike`` without “¿”.
  ///
  /// Source: MetaCLIP 2, reference code of the substring matching.
  package var isWordEdge: Bool { isCJKLike && value != 0xBF }
}

extension StringProtocol {
  /// True when every code point is punctuation to the metadata's tokenizer, also for the empty text.
  package var isAllPunctuation: Bool { unicodeScalars.allSatisfy(\.isMetadataPunctuation) }
}

extension String {
  /// The text without the Unicode white space at both ends.
  package var stripped: String {
    var view = unicodeScalars[...]
    while let first = view.first, first.properties.isWhitespace { view.removeFirst() }
    while let last = view.last, last.properties.isWhitespace { view.removeLast() }
    return String(view)
  }

  /// True when the text comes before another in the order of code points, which is that of UTF-8 bytes.
  package func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
