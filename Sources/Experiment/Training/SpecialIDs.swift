/// The ids that pad, begin and end a text.
package struct SpecialIDs: Equatable, Sendable {
  /// Fills a batch's shorter texts; `nil` when it is not there.
  package var pad: Int?
  /// Stands before a text; `nil` when texts have no beginning.
  package var begin: Int?
  /// Ends a text.
  package var end: Int

  /// Ids, those that are not there `nil`.
  package init(pad: Int?, begin: Int?, end: Int) {
    self.pad = pad
    self.begin = begin
    self.end = end
  }

  /// Those of the tokenizers that ``TrainTokenizer`` trains.
  package static let trained: SpecialIDs = {
    let pieces = SpecialPieces()
    return SpecialIDs(pad: Int(pieces.pad), begin: Int(pieces.begin), end: Int(pieces.end))
  }()

  /// Those of the fairseq library. Source: transformers, `XLMRobertaTokenizer`.
  static let fairseq = SpecialIDs(pad: 1, begin: 0, end: 2)
}
