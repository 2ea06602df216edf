internal import Core
internal import FileFormats

/// The elements of a tensor in a file, in row-major order.
struct TensorSpan {
  let name: String
  /// The element type as the file names it.
  let typeName: String
  /// `nil` where the type is not known here: the bytes are then compared.
  let type: StoredType?
  let shape: [Int]
  /// The elements' bytes in the file.
  let range: Range<Int>
  let file: MappedBytes

  /// The only tensor of a `.npy` file.
  /// - Throws: ``OperationError`` when the file is not one.
  init(npy file: MappedBytes, name: String = "array") throws {
    let (header, offset) = try NPYHeader.read(file.bytes, subject: file.name)
    // Column-major elements are stored like those of the transposed box.
    self.name = name
    self.typeName = header.isColumnMajor ? "\(header.elementType), column-major" : header.elementType
    self.type = StoredType(numpy: header.elementType)
    self.shape = header.isColumnMajor ? header.shape.reversed() : header.shape
    self.range = offset..<file.bytes.count
    self.file = file
  }

  private init(_ name: String, _ place: SafetensorsHeader.Place, in file: MappedBytes) {
    self.name = name
    self.typeName = place.type.rawValue
    self.type = place.type
    self.shape = place.shape
    self.range = place.range
    self.file = file
  }

  /// The tensors of a safetensors file in the order of their names' UTF-8 bytes, and the header's further texts.
  /// - Throws: ``OperationError`` with the tensor that is wrong.
  static func safetensors(
    _ file: MappedBytes
  ) throws -> (tensors: [TensorSpan], metadata: [String: String]) {
    let header = try SafetensorsHeader(file.bytes, subject: file.name)
    let tensors = header.places.map { TensorSpan($0.key, $0.value, in: file) }
    return (tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }, header.metadata)
  }

  /// All elements.
  var bytes: UnsafeRawBufferPointer { file[range] }

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }

  /// The shape as text: `[3, 4]`.
  var shapeText: String { Self.text(shape) }

  /// Type and shape: `F32 [3, 4]`.
  var words: String { "\(typeName.shortened) \(shapeText)" }

  /// The indices of an element: `[0, 17]`.
  func indices(of element: Int) -> String {
    var rest = element
    var indices: [Int] = []
    for size in shape.reversed() where size > 0 {
      indices.append(rest % size)
      rest /= size
    }
    return Self.text(indices.reversed())
  }

  /// Releases the memory of a range of ``bytes`` that was read.
  func giveBack(_ part: Range<Int>) {
    file.giveBack(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
  }

  private static func text(_ numbers: [Int]) -> String { "[\(numbers.map(String.init).joined(separator: ", "))]" }
}

extension Sides<TensorSpan> {
  /// Calls `body` with one block of elements after another and releases their memory. Both sides have the same shape
  /// and the same type, which is known.
  /// - Parameters:
  ///   - size: elements of a block.
  ///   - body: takes the elements' numbers, and true when both sides have the same bytes there; returns `false` to
  ///     stop.
  func forEachBlock(of size: Int, _ body: (_ elements: Range<Int>, _ isEqual: Bool) -> Bool) {
    guard let width = old.type?.byteCount else { return }
    let bytes = map(\.bytes)
    for start in stride(from: 0, to: old.count, by: size) {
      let elements = start..<Swift.min(start + size, old.count)
      let part = elements.lowerBound * width..<elements.upperBound * width
      let blocks = bytes.map { UnsafeRawBufferPointer(rebasing: $0[part]) }
      let continues = body(elements, blocks.old.hasBytes(of: blocks.new))
      old.giveBack(part)
      new.giveBack(part)
      if !continues { return }
    }
  }
}
