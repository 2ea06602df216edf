/// A value inside another one that cannot be encoded.
package struct EncodingFault: Error {
  /// The place inside the value, such as `.limits[3]`; empty for the value itself.
  package private(set) var path = ""
  /// The error.
  package let cause: any Error

  /// A fault of the value itself.
  package init(_ cause: any Error) { self.cause = cause }

  /// The fault of a type that has no canonical form.
  static func unknown(_ type: String) -> EncodingFault {
    EncodingFault(
      OperationError(
        operation: "encode a value in canonical form", subject: type, reason: "\(type) has no form in a key",
        advice: "use Int, UInt64, or its digits as a String"))
  }

  /// The same fault, as it is called in a value that has this one at the path.
  func inside(_ path: String) -> EncodingFault {
    var fault = self
    fault.path = path + fault.path
    return fault
  }

  /// The error in words, with something to do about it.
  package var reason: String {
    let message: String
    switch cause {
    case let error as OperationError: return error.cause
    case let error as TableError: return "\(error)"
    case EncodingError.invalidValue(_, let context): message = context.debugDescription
    default: message = "\(cause)"
    }
    return "its encode(to:) failed, “\(message)”; use a type that can be encoded whatever its value is"
  }
}
