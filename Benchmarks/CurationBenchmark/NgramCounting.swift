internal import ArtifactTypes
internal import Core
internal import Glibc
internal import Measuring
internal import Metadata

/// Counts the n-grams of running text as the stage of the toolkit does.
struct NgramCounting {
  /// The folder of the text, and where the corpus and the counts are written.
  let folder: String
  let language: String
  let threads: Int
  /// What the counters may use; the stage's own limit when `nil`.
  let memoryMiB: Int?

  func measure() async throws -> Findings {
    let scratch = try Scratch(in: folder)
    defer { scratch.remove() }
    let writer = try CorpusWriter(language: language, folder: scratch.path)
    var documents = 0
    let bytes = try LineStream(path: "\(folder)/\(language).txt").eachLine { line in
      documents += 1
      try writer.write(Corpus.Document(id: String(documents), text: String(decoding: line, as: UTF8.self)))
    }
    let corpus = try Corpus(files: [writer.finish()])
    PeakMemory.forget()
    let stage = CountNgrams(corpus: corpus)
    let context = StageContext(scratch: scratch.path, threads: threads)
    let (counts, counting) = try await Cost.awaiting {
      if let memoryMiB {
        return try await stage.run(context, memoryLimit: memoryMiB << 20, pieceSize: 1 << 22)
      }
      return try await stage.run(context)
    }
    var findings = Findings()
    findings.add("documents", documents)
    findings.add("bytes", bytes)
    findings.add("count", counting)
    findings.add("peakMemory", PeakMemory.bytes)
    findings.add("words", counts.runningWords(of: language))
    findings.add("unigrams", counts.unigramCount(of: language))
    findings.add("bigrams", counts.bigramCount(of: language))
    var bigrams = 0
    try counts.forEachBigram(of: language) { bigram in
      bigrams += bigram.count
      return true
    }
    findings.add("wordPairs", bigrams)
    return findings
  }
}
