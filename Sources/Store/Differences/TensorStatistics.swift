internal import FileFormats

/// The distance of two arrays of numbers from each other.
struct TensorStatistics {
  /// The largest |a−b| of numbers that are both finite.
  private(set) var largest = 0.0
  private var dot = 0.0
  private var oldSquares = 0.0
  private var newSquares = 0.0
  private var differenceSquares = 0.0
  /// Elements that are not a finite number in one of both and are not the same in the other.
  private(set) var odd = 0

  /// ‖b−a‖ / ‖a‖; `nil` where a is zero throughout.
  var relative: Double? { oldSquares > 0 ? (differenceSquares / oldSquares).squareRoot() : nil }

  /// The cosine of a and b, −1 to 1; `nil` where one of both is zero throughout.
  var cosine: Double? {
    guard oldSquares > 0, newSquares > 0 else { return nil }
    return max(-1, min(1, dot / (oldSquares.squareRoot() * newSquares.squareRoot())))
  }

  @inline(__always)
  private mutating func add(_ a: Double, _ b: Double) {
    guard a.isFinite, b.isFinite else {
      if a != b, !(a.isNaN && b.isNaN) { odd += 1 }
      return
    }
    let difference = b - a
    largest = max(largest, abs(difference))
    dot += a * b
    oldSquares += a * a
    newSquares += b * b
    differenceSquares += difference * difference
  }

  /// Adds elements of two arrays of one type.
  mutating func add(_ arrays: Sides<UnsafeRawBufferPointer>, of type: StoredType, in elements: Range<Int>) {
    let (old, new) = (arrays.old, arrays.new)
    func addEach(_ range: Range<Int>, to statistics: inout TensorStatistics) {
      for index in range { statistics.add(type.value(old, at: index), type.value(new, at: index)) }
    }
    var start = elements.lowerBound
    if type == .float32 {
      // Eight at a time; a block with something that is not finite goes one by one.
      typealias Block = SIMD8<Float>
      while start + 8 <= elements.upperBound {
        let x = SIMD8<Double>(old.loadUnaligned(fromByteOffset: start * 4, as: Block.self))
        let y = SIMD8<Double>(new.loadUnaligned(fromByteOffset: start * 4, as: Block.self))
        let difference = y - x
        let squares = (difference * difference).sum()
        let (xx, yy, xy) = ((x * x).sum(), (y * y).sum(), (x * y).sum())

        if (squares + xx + yy).isFinite {
          dot += xy
          oldSquares += xx
          newSquares += yy
          differenceSquares += squares
          largest = max(largest, difference.max(), -difference.min())
        } else {
          addEach(start..<start + 8, to: &self)
        }
        start += 8
      }
    }
    addEach(start..<max(start, elements.upperBound), to: &self)
  }
}
