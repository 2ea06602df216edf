import Core
import Differences

/// Bytes as two contents of an artifact that are compared: a line with the format, one with the file's name, then the
/// contents, one after another, separated by a line “====”.
enum ContentInput {
  private static let limits = DifferenceLimits(rows: 4, pictures: 1, memory: 1 << 20)

  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3 else { return nil }
    let format = String(decoding: lines[0], as: UTF8.self)
    let name = String(decoding: lines[1], as: UTF8.self)
    let mark = Array("\n====\n".utf8)
    let both = lines[2]
    let cut = both.firstRange(of: mark) ?? both.endIndex..<both.endIndex
    let old = ArtifactContent(bytes: Array(both[..<cut.lowerBound]), name: name)
    let new = ArtifactContent(bytes: Array(both[cut.upperBound...]), name: name)
    _ = try? Comparison.difference(of: old, new: new, format: format, name: "a", limits: limits)
    _ = try? Comparison.equivalence(recorded: old, fresh: new, format: format, tolerance: nil)
    guard let listing = try? Comparison.listing(of: old, format: format, limit: 20) else { return nil }
    return listing.count <= 21 ? nil : "\(listing.count) lines where 20 were allowed"
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = ContentInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
