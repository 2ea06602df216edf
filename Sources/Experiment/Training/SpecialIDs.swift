/// The ids that pad, begin and end a text.
package struct SpecialIDs: Equatable, Sendable {
  /// Fills a batch's shorter texts; `nil` where there is none.
  package var pad: Int?
  /// Stands before a text; `nil` where nothing does.
  package var begin: Int?
  /// Ends a text.
  package var end: Int

  package init(pad: Int?, begin: Int?, end: Int) {
    self.pad = pad
    self.begin = begin
    self.end = end
  }

  /// Those of tokenizers that are trained here.
  package static let trained = SpecialIDs(
    pad: Int(SpecialPieces.pad), begin: Int(SpecialPieces.begin), end: Int(SpecialPieces.end))

  /// Those of the fairseq library. Source: transformers, `XLMRobertaTokenizer`.
  static let fairseq = SpecialIDs(pad: 1, begin: 0, end: 2)
}
