internal import Core
internal import Measuring
internal import Training

/// Batches of pictures as a training reads them, with nothing that trains on them.
struct PictureLoading {
  /// The folder with the shards.
  let folder: String
  /// Width and height of the pictures that come out.
  let size: Int
  /// Pictures of a batch.
  let batch: Int
  /// Pictures to load; rounded up to whole batches.
  let count: Int

  /// Of so many values one is looked at, so that looking takes no time; it divides no picture's side.
  private static let stride = 97

  /// Loads the pictures; opening the shards is counted too.
  func measure() throws -> Findings {
    var (loaded, sum, summands) = (0, 0.0, 0)
    PeakMemory.forget()
    let (stored, cost) = try Cost.of {
      let loader = try PictureLoader(folder: InputFolder(folder, suffixes: [".tar"]), size: size, batch: batch)
      while loaded < count {
        let values = try loader.next().values
        for place in Swift.stride(from: 0, to: values.count, by: Self.stride) {
          sum += Double(values[place])
          summands += 1
        }
        loaded += batch
      }
      return loader.count
    }
    var findings = Findings()
    findings.add("load", cost)
    findings.add("peakMemory", PeakMemory.bytes)
    findings.add("stored", stored)
    findings.add("pictures", loaded)
    findings.add("means", [sum / Double(summands)])
    return findings
  }
}
