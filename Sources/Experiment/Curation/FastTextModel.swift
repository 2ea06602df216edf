internal import ArtifactTypes
package import Core
internal import FileFormats
internal import Glibc

/// A fastText classifier that names the language of a text.
///
/// The label is libfasttext's, the probability agrees with it to 1e-5. It is faster, since the work that libfasttext
/// repeats for each text is done once. Source: fastText 0.9.2; Bojanowski, Grave, Joulin, Mikolov, “Enriching word
/// vectors with subword information”, 2017.
package final class FastTextModel: Sendable {
  /// The labels without `__label__`, most frequent in training first.
  package let labels: [String]
  private let dictionary: FastTextDictionary
  private let input: FastTextMatrix
  private let classifier: FastTextClassifier
  private let scratches = FastTextScratchPool()

  /// Opens a model that is a file of an artifact.
  /// - Throws: ``OperationError`` for a file that is no classifier; an error of the store when it cannot be read.
  package convenience init(_ file: ContentFile) throws { try self.init(MappedBytes(file), name: file.name) }

  /// Opens a model file.
  /// - Throws: ``OperationError`` for a file that is no classifier.
  package convenience init(path: String) throws { try self.init(MappedBytes(path: path), name: path) }

  private init(_ bytes: MappedBytes, name: String) throws {
    let file = try FastTextFile(bytes, name: name)
    labels = file.labels.map { label in
      String(decoding: label.starts(with: FastTextDictionary.labelPrefix) ? label[9...] : label[...], as: UTF8.self)
    }
    dictionary = FastTextDictionary(file)
    input = file.input
    classifier = FastTextClassifier(file)
  }

  /// The most probable label as a position in ``labels``, and its probability, 0...1; `nil` when the model knows
  /// nothing of the text.
  ///
  /// May be called from several threads at once.
  /// - Parameter text: the text, in which line feeds and carriage returns count as spaces, as in MetaCLIP 2's reference
  ///   code.
  package func predict(_ text: String) -> (label: Int, probability: Float)? {
    var text = text
    let scratch = scratches.take() ?? FastTextScratch(blocks: (input.columns + 15) / 16)
    defer { scratches.give(scratch) }
    return text.withUTF8 { predict($0, scratch) }
  }

  private func predict(_ text: UnsafeBufferPointer<UInt8>, _ scratch: FastTextScratch) -> (
    label: Int, probability: Float
  )? {
    scratch.begin()

    // The end of the text is a word too, as the end of a line is to fastText.
    var position = 0
    var isAtEnd = false
    while !isAtEnd {
      while position < text.count, Self.isSpace(text[position]) { position += 1 }
      let start = position
      while position < text.count, !Self.isSpace(text[position]) { position += 1 }
      if start < position {
        isAtEnd = add(UnsafeBufferPointer(rebasing: text[start..<position]), scratch)
      } else {
        isAtEnd = FastTextDictionary.endOfLine.withUnsafeBufferPointer { add($0, scratch) }
      }
    }

    if dictionary.wordNgrams > 1 {
      scratch.rows.removeAll(keepingCapacity: true)
      dictionary.appendWordNgrams(scratch.hashes, to: &scratch.rows)
      scratch.add(input)
    }

    guard scratch.count > 0 else { return nil }
    scratch.average()
    return classifier.best(UnsafePointer(scratch.sum))
  }

  /// Adds the rows of a word.
  /// - Returns: true for the word that ends a line.
  @inline(__always)
  private func add(_ word: UnsafeBufferPointer<UInt8>, _ scratch: FastTextScratch) -> Bool {
    let hash = FastTextDictionary.hash(word)
    if let isEnd = scratch.addKnown(word, hash, keepsHash: dictionary.wordNgrams > 1) { return isEnd }
    scratch.rows.removeAll(keepingCapacity: true)
    let kind = dictionary.appendRows(of: word, hash, to: &scratch.rows, bracketed: &scratch.bracketed)
    scratch.add(input, remembering: word, hash: hash, kind: kind)
    if kind != .label, dictionary.wordNgrams > 1 { scratch.hashes.append(hash) }
    return kind == .endOfLine
  }

  /// True for a byte that separates words: the white space of ASCII, and 0.
  @inline(__always)
  private static func isSpace(_ byte: UInt8) -> Bool { byte <= 32 && (byte == 32 || 9...13 ~= byte || byte == 0) }
}
