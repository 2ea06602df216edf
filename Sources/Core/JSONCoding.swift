package import Foundation

/// The one form of JSON that Colophon writes and reads: between its processes, in its records, and for machines.
///
/// JSON has no literal for numbers that are not finite: they are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
/// A negative zero is `-0`, and is read as one.
package enum JSONCoding {
  /// An encoder.
  /// - Parameter formatting: the layout; compact and in the order of the fields unless given.
  package static func encoder(_ formatting: JSONEncoder.OutputFormatting = []) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }

  /// A decoder of what ``encoder(_:)`` encodes, and of plain JSON.
  package static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return decoder
  }
}
