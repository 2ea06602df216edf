internal import Dispatch
internal import Foundation
internal import Synchronization
internal import Tensor

/// A batch of pictures, cut into the patches that the vision transformer reads.
struct PictureBatch: Sendable {
  private let frame: Int
  private let patch: Int
  private var values: [Float]

  init(_ configuration: ModelConfiguration, count: Int) {
    self.init(frame: configuration.pictureSize, patch: configuration.patchSize, count: count)
  }

  init(frame: Int, patch: Int, count: Int) {
    self.frame = frame
    self.patch = patch
    values = [Float](repeating: 0, count: count * frame * frame * 3)
  }

  /// The bytes of memory that `count` pictures take.
  static func byteCount(frame: Int, count: Int) -> Int { count * frame * frame * 3 * MemoryLayout<Float>.size }

  /// Draws pictures into some places of the batch, at the same time on all cores.
  /// - Parameters:
  ///   - places: different ones, from 0.
  ///   - draw: draws the picture for a place into its patches, `[patches, 3, patch, patch]`; depends only on the place.
  /// - Returns: the error that `draw` threw for each place, in the order of `places`.
  mutating func fill(
    _ places: [Int],
    _ draw: @Sendable (_ place: Int, inout PictureCanvas, UnsafeMutableBufferPointer<Float>) throws -> Void
  ) -> [(any Error)?] {
    var faults = [(any Error)?](repeating: nil, count: places.count)
    let size = frame * frame * 3
    let (frame, patch) = (frame, patch)
    let next = Atomic(0)
    let workers = min(places.count, Threads.count)

    values.withUnsafeMutableBufferPointer { values in
      faults.withUnsafeMutableBufferPointer { faults in
        // An index is taken by one worker only, and with it the place's values and fault.
        nonisolated(unsafe) let (values, faults) = (values, faults)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
          var canvas = PictureCanvas(frame: frame, patch: patch)
          while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < places.count else { return }
            let start = places[index] * size
            do {
              try draw(places[index], &canvas, UnsafeMutableBufferPointer(rebasing: values[start..<start + size]))
            } catch {
              faults[index] = error
            }
          }
        }
      }
    }

    return faults
  }

  /// All patches, float32 `[count · patches, 3 · patch²]`.
  func patches() throws -> Tensor {
    try .from(values, shape: [values.count / (3 * patch * patch), 3 * patch * patch])
  }

  /// The values of all pictures, `[count, patches, 3, patch, patch]`.
  var elements: [Float] { values }

  /// The patches of some pictures, float32 `[places · patches, 3 · patch²]`.
  func patches(of places: Range<Int>) throws -> Tensor {
    let size = frame * frame * 3
    let part = Array(values[(places.lowerBound * size)..<(places.upperBound * size)])
    return try .from(part, shape: [part.count / (3 * patch * patch), 3 * patch * patch])
  }
}

private enum Threads {
  /// The number of threads that decode and draw pictures: that of the cores. Results do not depend on it.
  static let count = max(1, ProcessInfo.processInfo.activeProcessorCount)
}
