internal import Glibc
internal import Measuring

/// Measures the parts of curation: one subcommand a part, one JSON object on standard output.
///
/// Times of processors are those of the whole process, in seconds. `Benchmarks/run --only curation` calls it beside its
/// peers.
@main
enum CurationBenchmark {
  private static let usage = """
    usage: curation-benchmark compile ENTRIES INDEX
           curation-benchmark match INDEX TEXTS
           curation-benchmark ngrams FOLDER LANGUAGE THREADS [MEMORY-MIB]
           curation-benchmark curate PAIRS METADATA MODEL OUT THREADS

    compile  compiles entries, one a line, and writes the index
    match    opens an index, then matches and counts the texts of a file, one a line
    ngrams   counts the n-grams of FOLDER's LANGUAGE.txt, a document a line
    curate   reads PAIRS, a folder of JSON Lines, identifies languages, matches them with METADATA, a folder of entries
             LANGUAGE.txt, and writes a balanced sample as JSON Lines into the folder OUT

    """

  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      guard let findings = try await run(arguments) else {
        tell(usage)
        exit(64)
      }
      print(findings.json)
    } catch {
      tell("curation-benchmark: \(error)\n")
      exit(1)
    }
  }

  /// Writes to standard error.
  private static func tell(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }

  /// - Returns: `nil` for wrong usage.
  private static func run(_ arguments: [String]) async throws -> Findings? {
    switch (arguments.first, arguments.count) {
    case ("compile", 3):
      return try Compilation(entries: arguments[1], index: arguments[2]).measure()
    case ("match", 3):
      return try Matching(index: arguments[1], texts: arguments[2]).measure()
    case ("ngrams", 4...5):
      guard let threads = Int(arguments[3]), threads > 0 else { return nil }
      let memory = arguments.count == 5 ? Int(arguments[4]) : nil
      if arguments.count == 5, memory ?? 0 < 1 { return nil }
      return try await NgramCounting(folder: arguments[1], language: arguments[2], threads: threads, memoryMiB: memory)
        .measure()
    case ("curate", 6):
      guard let threads = Int(arguments[5]), threads > 0 else { return nil }
      return try await WholeCuration(
        pairs: arguments[1], metadata: arguments[2], model: arguments[3], output: arguments[4], threads: threads
      ).measure()
    default: return nil
    }
  }
}
