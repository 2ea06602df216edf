internal import ArtifactTypes
internal import Core
internal import Curation
internal import Datasets
internal import Glibc
internal import Measuring

/// The whole curation with the toolkit's stages, one after the other: JSON Lines in, JSON Lines out.
struct WholeCuration {
  /// A folder of JSON Lines.
  let pairs: String
  /// A folder of entries by language, `en.txt`, an entry a line.
  let metadata: String
  /// A fastText model that names languages.
  let model: String
  /// The folder to write into.
  let output: String
  let threads: Int

  /// Pairs of a written file: enough files for several threads.
  private static let shardSize = 50_000

  func measure() async throws -> Findings {
    let scratch = try Scratch(in: output)
    defer { scratch.remove() }
    var findings = Findings()
    let start = Cost.now
    func stage<Value>(_ name: String, _ run: (StageContext) async throws -> Value) async throws -> Value {
      let context = StageContext(scratch: try scratch.folder(name), threads: threads)
      let (result, cost) = try await Cost.awaiting { try await run(context) }
      findings.add(name, cost)
      return result
    }
    let concepts = try await stage("metadata") { try readMetadata(folder: $0.scratch) }
    let identifier = try await stage("model") { try await ReadLanguageIdentifier(file: InputFile(model)).run($0) }
    let index = try await stage("index") {
      try await IndexConcepts(metadata: concepts, reportedLanguages: identifier.languages).run($0)
    }
    let read = try await stage("read") {
      try await ReadPairs(folder: pairs).run($0)
    }
    let identified = try await stage("identify") {
      try await IdentifyLanguages(pairs: read, identifier: identifier).run($0)
    }
    let counts = try await stage("match") { try await CountConcepts(pairs: identified, index: index).run($0) }
    let thresholds = try await stage("thresholds") { try await ComputeThresholds(counts: counts).run($0) }
    let curated = try await stage("sample") {
      try await SampleBalanced(pairs: identified, index: index, counts: counts, thresholds: thresholds).run($0)
    }
    let written = try await stage("write") {
      try await WritePairs(curated, compression: .none, shardSize: Self.shardSize).run($0)
    }
    findings.add("total", Cost.now - start)
    findings.add("peakMemory", PeakMemory.bytes)
    let counted = counts.languages.filter { $0.entries + $0.texts > 0 }
    findings.add("texts", counted.map { ($0.code, $0.texts) })
    findings.add("matches", thresholds.languages.sorted { $0.key < $1.key }.map { ($0.key, $0.value.matches) })
    findings.add("thresholds", thresholds.languages.sorted { $0.key < $1.key }.map { ($0.key, $0.value.t) })
    var kept = 0
    func count(_ pair: Pair) { kept += pair.texts.count }
    try curated.forEach(count)
    findings.add("keptTexts", kept)
    findings.add("keptPairs", try curated.count())
    findings.add("writtenBytes", Int(written.content.byteCount))
    return findings
  }

  /// The entries as the artifact that a notebook would have.
  private func readMetadata(folder: String) throws -> ConceptMetadata {
    let writer = ConceptMetadataWriter(folder: folder)
    for language in try languages() {
      let lines = try LineStream(path: "\(metadata)/\(language).txt").all()
      try writer.write(lines.map { Concept($0, source: .lexicon) }, of: language)
    }
    return try writer.finish()
  }

  private func languages() throws -> [String] {
    guard let folder = opendir(metadata) else {
      throw LineStream.Failure(path: metadata, cause: String(cString: strerror(errno)))
    }
    defer { closedir(folder) }
    var found: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".txt") { found.append(String(name.dropLast(4))) }
    }
    return found.sorted()
  }
}
