internal import ArtifactTypes
internal import Core
internal import Curation
internal import FileFormats
internal import Measuring

/// Matches texts with the entries of an index, and counts for each entry how many texts it is in, on one thread.
struct Matching {
  /// A line of the file is no UTF-8.
  struct NoText: Error, CustomStringConvertible {
    let path: String
    let line: Int
    var description: String { "line \(line) of \(path) is no UTF-8" }
  }

  /// A compiled index.
  let index: String
  /// A file of texts, one a line.
  let texts: String

  func measure() throws -> Findings {
    let (matcher, opening) = try Cost.of { try ConceptMatcher(compiled: MappedBytes(path: index), name: index) }
    var counts = [Int64](repeating: 0, count: matcher.count)
    var scratch = ConceptMatcher.Scratch()
    var (lines, matched) = (0, 0)
    let (bytes, matching) = try Cost.of {
      try LineStream(path: texts).eachLine { line in
        lines += 1
        guard validateUTF8(line) else { throw NoText(path: texts, line: lines) }
        matcher.find(in: line, &scratch)
        if !scratch.found.isEmpty { matched += 1 }
        for number in scratch.found { counts[Int(number)] += 1 }
      }
    }
    var digest = DigestBuilder()
    counts.withUnsafeBytes { digest.update($0) }
    var findings = Findings()
    findings.add("entries", matcher.count)
    findings.add("texts", lines)
    findings.add("bytes", bytes)
    findings.add("open", opening)
    findings.add("match", matching)
    findings.add("peakMemory", PeakMemory.bytes)
    findings.add("matchedTexts", matched)
    findings.add("matches", Int(counts.reduce(0, +)))
    findings.add("counts", digest.digest.hexadecimal)
    return findings
  }

  private func validateUTF8(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    (try? UTF8Span(validating: line.span)) != nil
  }
}
