internal import Glibc
internal import Measuring
internal import Training

/// Measures training, reading of pictures and ranking: one subcommand a part, one JSON object on standard output.
///
/// Times of processors are those of the whole process, in seconds. `Benchmarks/run --only training` calls it beside its
/// peers.
@main
enum TrainingBenchmark {
  private static let usage = """
    usage: training-benchmark prepare SIZE FOLDER
           training-benchmark step SIZE PRECISION THREADS CHECKED TIMED
           training-benchmark embeddings FOLDER DIMENSION QUERIES CANDIDATES
           training-benchmark rank WAYS FOLDER DIMENSION THREADS REPETITIONS
           training-benchmark load FOLDER SIZE BATCH COUNT

    prepare     writes the model before training, pictures and captions; SIZE is full or quick
    step        makes CHECKED steps, whose losses are told, then measures TIMED ones; PRECISION is float32 or bfloat16
    embeddings  writes embeddings of length 1 to rank
    rank        ranks the candidates of each query; WAYS is one, or both for the queries of each candidate too
    load        loads COUNT pictures of the folder's shards as a training does, SIZE pixels wide and high, BATCH at a time

    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      guard let findings = try run(arguments) else {
        tell(usage)
        exit(64)
      }
      print(findings.json)
    } catch {
      tell("training-benchmark: \(error)\n")
      exit(1)
    }
  }

  /// Writes to standard error.
  private static func tell(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }

  /// - Returns: `nil` for wrong usage.
  private static func run(_ arguments: [String]) throws -> Findings? {
    let numbers = arguments.map { Int($0) ?? 0 }
    func arePositive(_ places: Range<Int>) -> Bool { numbers[places].allSatisfy { $0 > 0 } }
    switch (arguments.first, arguments.count) {
    case ("prepare", 3):
      guard let workload = workload(arguments[1]) else { return nil }
      return try Preparation(workload: workload, folder: arguments[2]).measure()
    case ("step", 6):
      guard let workload = workload(arguments[1]), let precision = Precision(rawValue: arguments[2]), arePositive(3..<6)
      else {
        return nil
      }
      return try TrainingSteps(
        workload: workload, precision: precision, threads: numbers[3], checked: numbers[4], timed: numbers[5]
      ).measure()
    case ("embeddings", 5):
      guard arePositive(2..<5) else { return nil }
      return try RankingTask(folder: arguments[1], dimension: numbers[2]).make(
        queries: numbers[3], candidates: numbers[4])
    case ("rank", 6):
      guard ["one", "both"].contains(arguments[1]), arePositive(3..<6) else { return nil }
      return try RankingTask(folder: arguments[2], dimension: numbers[3]).measure(
        bothWays: arguments[1] == "both", threads: numbers[4], repetitions: numbers[5])
    case ("load", 5):
      guard arePositive(2..<5) else { return nil }
      return try PictureLoading(folder: arguments[1], size: numbers[2], batch: numbers[3], count: numbers[4]).measure()
    default: return nil
    }
  }

  private static func workload(_ size: String) -> Workload? { ["full": .full, "quick": .quick][size] }
}
