import Foundation
import NotebookRuntime

/// Bytes as what a notebook's program sends to the command, and as what the command answers.
enum FrameInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? {
    var events = bytes
    let isWhole = (try? RunChannel.takeEvents(from: &events)) != nil
    var replies = bytes
    for payload in RunChannel.takePayloads(from: &replies) {
      guard let reply = try? JSONDecoder().decode(CommandReply.self, from: payload) else { continue }
      if case .stage(_, let stage) = reply { _ = stage.content }
      guard let frame = try? RunChannel.frame(reply) else { continue }
      var rest = frame
      guard RunChannel.takePayloads(from: &rest).count == 1, rest.isEmpty else { return "a reply is not one frame" }
    }
    return isWhole && events != replies ? "the two ways cut frames differently" : nil
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = FrameInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
