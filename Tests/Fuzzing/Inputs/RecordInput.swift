import ArtifactStore

/// Bytes as a segment of stage records.
enum RecordInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? {
    let lines = RecordSegment.decodeLines(bytes)
    for record in lines.compactMap(\.record) {
      _ = record.fault
      _ = record.finished
      if record.output.byteCount < 0, record.output.files.allSatisfy({ $0.byteCount >= 0 }) {
        return "sizes of no less than zero come to \(record.output.byteCount)"
      }
      guard let line = try? RecordSegment.line(record) else { return "a record that was read cannot be written" }
      guard let again = RecordSegment.decode(line) else { return "a record that was written cannot be read" }
      // NaN differs from itself.
      if again != record, (try? RecordSegment.line(again)) != line { return "a record changed on its way" }
      let encoded = OutputEncoding.encode(record.output)
      let decoded = encoded.withUnsafeBytes { OutputEncoding.decode($0) }
      let isShort = (record.output.files.map(\.name) + [record.output.format]).allSatisfy { $0.utf8.count <= 65535 }
      if isShort, !record.output.files.isEmpty, decoded != record.output { return "the index keeps another output" }
    }
    let merged = RecordSegment.merge([bytes, bytes])
    return RecordSegment.merge([merged]) == merged ? nil : "merging once more changes a segment"
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = RecordInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
