internal import ArtifactTypes
internal import FileFormats

/// Rows of float32, used in place in the model file, or computed once from quantised ones.
///
/// Sendable: the memory is never written to after `init`.
final class FastTextMatrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  private let start: UnsafeRawPointer
  /// One of the two owns the memory.
  private let file: MappedBytes?
  private let own: UnsafeMutableRawPointer?

  /// Reads a matrix. One that is not quantised is not copied.
  /// - Throws: ``OperationError`` when the matrix is damaged.
  init(_ reader: inout FastTextReader, isQuantised: Bool) throws {
    guard isQuantised else {
      rows = Int(try reader.integer(Int64.self))
      columns = Int(try reader.integer(Int64.self))
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      guard rows > 0, columns > 0, !overflow, count < Int.max / 4, let base = try reader.bytes(count * 4).baseAddress
      else {
        throw reader.fault("it has a matrix of \(rows) rows and \(columns) columns")
      }
      start = base
      file = reader.file
      own = nil
      return
    }

    let hasNorms = try reader.integer(UInt8.self) != 0
    rows = Int(try reader.integer(Int64.self))
    columns = Int(try reader.integer(Int64.self))
    let codes = try reader.bytes(Int(reader.integer(Int32.self)))
    let quantiser = try FastTextQuantiser(&reader)
    let (codeCount, overflow) = rows.multipliedReportingOverflow(by: quantiser.parts)
    guard rows > 0, columns == quantiser.dimension, !overflow, codes.count == codeCount else {
      throw reader.fault("its quantised matrix does not fit its codes")
    }

    var norms: (codes: UnsafeRawBufferPointer, quantiser: FastTextQuantiser)?
    if hasNorms {
      norms = (try reader.bytes(rows), try FastTextQuantiser(&reader))
      guard norms?.quantiser.dimension == 1 else { throw reader.fault("its norms are not numbers") }
    }

    let memory = UnsafeMutableRawPointer.allocate(byteCount: rows * columns * 4, alignment: 64)
    let elements = memory.bindMemory(to: Float.self, capacity: rows * columns)
    for row in 0..<rows {
      let norm = norms.map { $0.quantiser.centroids[Int($0.codes[row])] } ?? 1
      for part in 0..<quantiser.parts {
        let centroid = quantiser.centroid(of: part, code: Int(codes[row * quantiser.parts + part]))
        for (column, value) in quantiser.centroids[centroid].enumerated() {
          elements[row * columns + part * quantiser.width + column] = norm * value
        }
      }
    }

    start = UnsafeRawPointer(memory)
    file = nil
    own = memory
  }

  deinit { own?.deallocate() }

  /// The element of a row and a column.
  func element(_ row: Int, _ column: Int) -> Float {
    start.loadUnaligned(fromByteOffset: (row * columns + column) * 4, as: Float.self)
  }

  /// Adds up rows, 16 columns at a time.
  /// - Parameters:
  ///   - numbers: the numbers of the rows.
  ///   - sum: becomes the sum of `columns` elements, rounded up to the next 16; those after `columns` become 0.
  @inline(__always)
  func add(_ numbers: UnsafeBufferPointer<Int32>, into sum: UnsafeMutablePointer<SIMD16<Float>>) {
    let blocks = columns / 16
    for block in 0..<blocks {
      var total = SIMD16<Float>.zero
      for row in numbers {
        total += start.loadUnaligned(fromByteOffset: (Int(row) * columns + block * 16) * 4, as: SIMD16<Float>.self)
      }
      sum[block] = total
    }
    guard blocks * 16 < columns else { return }
    sum[blocks] = .zero
    for row in numbers {
      for column in blocks * 16..<columns { sum[blocks][column - blocks * 16] += element(Int(row), column) }
    }
  }

  /// A copy with rows filled up with 0 to the next 16 columns.
  func padded() -> [SIMD16<Float>] {
    let blocks = (columns + 15) / 16
    var result = [SIMD16<Float>](repeating: .zero, count: rows * blocks)
    for row in 0..<rows {
      for column in 0..<columns { result[row * blocks + column / 16][column % 16] = element(row, column) }
    }
    return result
  }
}

/// The vectors for which the codes of a quantised matrix stand: 256 for each part of a row.
///
/// Source: Jégou, Douze, Schmid, “Product quantization for nearest neighbor search”, 2011.
struct FastTextQuantiser {
  /// The number of columns.
  let dimension: Int
  /// The number of parts, and so codes, of a row.
  let parts: Int
  /// The number of columns of a part; the last part may have fewer.
  let width: Int
  private let lastWidth: Int
  /// The vectors, by part and code.
  let centroids: [Float]

  /// - Throws: ``OperationError`` when the quantiser is damaged.
  init(_ reader: inout FastTextReader) throws {
    dimension = Int(try reader.integer(Int32.self))
    parts = Int(try reader.integer(Int32.self))
    width = Int(try reader.integer(Int32.self))
    lastWidth = Int(try reader.integer(Int32.self))
    guard dimension > 0, parts > 0, 1...dimension ~= width, 1...width ~= lastWidth,
      (parts - 1) * width + lastWidth == dimension
    else { throw reader.fault("its quantised rows are cut in a way that does not fit") }
    centroids = try reader.floats(dimension * 256)
  }

  /// The positions of the vector of a part's code in ``centroids``.
  func centroid(of part: Int, code: Int) -> Range<Int> {
    let own = part == parts - 1 ? lastWidth : width
    let start = part * 256 * width + code * own
    return start..<start + own
  }
}
