import ArtifactTypes
import Core
import Foundation
import Metadata
import TestSupport

/// The n-grams of texts of which each is a document.
func ngrams(_ texts: [String], language: String = "en", memoryLimit: Int = 1 << 20) throws -> (
  words: [Ngram], pairs: [Ngram]
) {
  let folder = try temporaryFolder()
  let counter = try NgramCounter(language: language, folder: folder, memoryLimit: memoryLimit)
  var position: UInt64 = 0
  for var text in texts {
    try text.withUTF8 { try counter.add(UnsafeRawBufferPointer($0), position: position) }
    position += UInt64(text.utf8.count) + 1
  }
  let languageWriter = try LanguageNgramsWriter(folder: folder, language: language)
  try NgramCounter.finish([counter], into: languageWriter)
  let writer = NgramCountsWriter(folder: folder)
  writer.add(try languageWriter.finish())
  let counts = try writer.finish()
  var found: (words: [Ngram], pairs: [Ngram]) = ([], [])
  try counts.forEachUnigram(of: language) {
    found.words.append($0)
    return true
  }
  try counts.forEachBigram(of: language) {
    found.pairs.append($0)
    return true
  }
  return found
}
