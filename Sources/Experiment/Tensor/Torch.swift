internal import CTorch
package import Core
internal import Glibc
internal import LibraryLoading

/// The tensor library as a whole: loaded when the first tensor is made, never before.
package enum Torch {
  /// The version of libtorch that the package was built against, for instance `1.13.0`. Does not load libtorch.
  package static var version: String { String(cString: ctorch_built_version()) }

  /// Sets the number of threads that one operation may use when the calling thread starts it. Results are equal bit by
  /// bit at one count, and may differ in the last bits at another.
  package static func setThreads(_ count: Int) throws(OperationError) {
    try table().set_threads(Int32(clamping: max(count, 1)))
  }

  /// The number of threads that one operation may use when the calling thread starts it.
  package static func threads() throws(OperationError) -> Int { Int(try table().threads()) }

  /// Runs `body` without recording operations for gradients.
  package static func withoutGradients<Result>(_ body: () throws -> Result) throws -> Result {
    let table = try table()
    let before = table.set_recording(false)
    defer { _ = table.set_recording(before) }
    return try body()
  }

  /// The functions of libColophonTorch.so.
  static func table() throws(OperationError) -> ctorch_api { try functions().pointee }

  /// The address of the functions, which stays valid: tensors keep it.
  static func functions() throws(OperationError) -> UnsafePointer<ctorch_api> { try loaded.get().functions }

  typealias ErrorSlot = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Calls a function that returns a tensor.
  static func tensor(
    _ operation: String, _ operands: [Tensor], details: @autoclosure () -> String = "",
    _ body: (borrowing ctorch_api, ErrorSlot) -> OpaquePointer?
  ) throws(OperationError) -> Tensor {
    let table = try loaded.get().functions
    var message: UnsafeMutablePointer<CChar>?
    guard let handle = body(table.pointee, &message) else {
      throw failure(operation, operands, details: details(), message: message, of: table)
    }
    return Tensor(owning: handle, of: table)
  }

  /// Calls a function that returns true when it succeeded.
  static func perform(
    _ operation: String, _ operands: [Tensor], _ body: (borrowing ctorch_api, ErrorSlot) -> Bool
  ) throws(OperationError) {
    let table = try loaded.get().functions
    var message: UnsafeMutablePointer<CChar>?
    guard body(table.pointee, &message) else {
      throw failure(operation, operands, details: "", message: message, of: table)
    }
  }

  /// The table never changes and its functions may be called from any thread.
  private struct Functions: @unchecked Sendable {
    let functions: UnsafePointer<ctorch_api>
  }

  private static let loaded: Result<Functions, OperationError> = {
    // libtorch's threads wait for each other some hundred times a step. By default they wait busily for milliseconds,
    // which makes a step ten times longer on a machine with other work. With this they soon sleep, unless the user has
    // set the variable. OpenMP reads it when it is loaded.
    setenv("GOMP_SPINCOUNT", "1000", 0)
    do {
      return .success(
        Functions(
          functions: try LoadedLibrary.table("libColophonTorch.so", symbol: "ctorch_api_table", as: ctorch_api.self)))
    } catch {
      return .failure(OperationError(operation: "load libtorch", subject: "libColophonTorch.so", cause: "\(error)"))
    }
  }()

  private static func failure(
    _ operation: String, _ operands: [Tensor], details: String, message: UnsafeMutablePointer<CChar>?,
    of table: UnsafePointer<ctorch_api>
  ) -> OperationError {
    let cause = message.map { String(cString: $0) } ?? "no reason was given"
    if let message { table.pointee.release_error(message) }
    let subject = (operands.map(\.description) + (details.isEmpty ? [] : [details])).joined(separator: ", ")
    return OperationError(operation: operation, subject: subject.isEmpty ? "no operands" : subject, cause: cause)
  }
}
