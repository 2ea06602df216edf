import Foundation
import NotebookRuntime

/// Bytes as a `lock.json`.
enum LockInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is. That they are refused is fine.
  static func fault(of bytes: [UInt8]) -> String? {
    guard let lock = try? LockFile(data: Data(bytes), name: "lock.json") else { return nil }
    guard let again = try? LockFile(data: Data(lock.bytes), name: "lock.json") else {
      return "it does not read what it writes"
    }
    return again == lock ? nil : "it reads something else than it wrote"
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = LockInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
