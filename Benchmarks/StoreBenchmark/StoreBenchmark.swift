import ArtifactStore
import Core
import Foundation
import Remotes

/// What `Benchmarks/run --only store` and `Benchmarks/crash` run: a store without notebooks, one step a process.
@main
struct StoreBenchmark {
  private static let usage = """
    store-benchmark fill ROOT COUNT BYTES      add COUNT results of BYTES random bytes each
    store-benchmark version ROOT FILE          keep FILE as the next version of the notebook “pairs”
    store-benchmark push ROOT URL              store-benchmark pull ROOT URL
    store-benchmark gc ROOT [LIMIT]            store-benchmark fsck ROOT
    store-benchmark write ROOT SAID            add results until killed; what is durable is said in the file SAID
    store-benchmark check ROOT SAID            every result in SAID is there and has its bytes

    """

  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count >= 2, let step = Step(rawValue: words[0]) else {
      FileHandle.standardError.write(Data(usage.utf8))
      exit(64)
    }
    try StoreSteps(root: words[1]).run(step, Array(words.dropFirst(2)))
  }

  enum Step: String { case fill, version, push, pull, gc, fsck, write, check }
}
