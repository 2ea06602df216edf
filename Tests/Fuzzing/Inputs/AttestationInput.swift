import Attestation

/// Bytes as the envelope of an attestation.
enum AttestationInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? {
    guard let attestation = try? Attestation(bytes: bytes, name: "a.json") else { return nil }
    return attestation.bytes == bytes ? nil : "an envelope is not kept as it came"
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = AttestationInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) {
      fatalError(fault)
    }
    return 0
  }
#endif
