internal import Core
internal import Foundation

/// The secrets of a notebook: environment variables that pass to its program, and whose values must not occur in what
/// the program reports or what is kept of it.
package enum Secrets {
  /// The environment variable with the names of the secrets, one on each line.
  package static let namesVariable = "COLOPHON_SECRETS"
  /// The text that takes the place of a secret's value.
  package static let replacement = "•••"
  /// The shortest value, in bytes, that is looked for: a shorter one occurs in any text by chance.
  package static let shortest = 8

  /// The names, in the order of their UTF-8 bytes.
  static let names = DeclaredVariables.named(by: namesVariable)
  private static let values = names.compactMap { ProcessInfo.processInfo.environment[$0] }

  /// A text without the values of this program's secrets.
  static func redacted(_ text: String) -> String { values.isEmpty ? text : redacted(text, values) }

  /// A text without these values.
  /// - Parameter values: the secrets, in any order.
  package static func redacted(_ text: String, _ values: [String]) -> String {
    // The longest first: a secret may be a part of another.
    values.filter { $0.utf8.count >= shortest }.sorted { $0.utf8.count > $1.utf8.count }.reduce(text) {
      $0.contains($1) ? $0.replacing($1, with: replacement) : $0
    }
  }

  /// A JSON text without the values of this program's secrets, which it has in their quoted form.
  static func redacted(json: Data) -> Data {
    values.isEmpty ? json : Data(redacted(String(decoding: json, as: UTF8.self), values.flatMap(forms)).utf8)
  }

  /// A value as it is, and as JSON writes it inside quotation marks.
  private static func forms(of value: String) -> [String] {
    [value, String(JSONText.quoted(value).dropFirst().dropLast()), encoded(value)]
  }

  /// The text as `JSONEncoder` writes it inside quotation marks, with slashes escaped.
  private static func encoded(_ text: String) -> String {
    let json = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return String(json.dropFirst().dropLast())
  }

  /// Refuses a secret among the values of a key, with which it would be kept.
  /// - Throws: ``OperationError`` that names the property and the secret.
  static func check(_ components: [KeyComponent], of stage: String) throws {
    for name in names {
      guard let value = ProcessInfo.processInfo.environment[name],
        let found = components.first(where: { redacted($0.display, forms(of: value)) != $0.display })
      else { continue }
      throw OperationError(
        operation: "compute the key of the stage", subject: stage,
        reason: "its property \(found.name) has the value of the secret \(name), and keys are kept",
        advice: "read the secret in `run`, as the environment variable \(name)")
    }
  }
}
