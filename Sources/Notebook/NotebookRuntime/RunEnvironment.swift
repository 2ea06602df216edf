internal import Core
internal import Foundation
internal import Glibc

/// The environment of a run. All of it is recorded with every stage, but only the facets that a stage declares count in
/// its key.
package enum RunEnvironment {
  /// The module name of notebook programs. Stages of that module are the notebook's own.
  package static let notebookModule = "notebook"

  /// True for a stage of Colophon's own, whose code is all in the library.
  static func isBuiltIn(_ type: any Stage.Type) -> Bool { !String(reflecting: type).hasPrefix(notebookModule + ".") }

  /// Names and values: operating system, kernel, architecture, processor, cores, Swift.
  package static let current: [String: String] = {
    var values: [String: String] = [:]
    var name = utsname()
    if uname(&name) == 0 {
      values["kernel"] = text(of: name.release)
      values["architecture"] = text(of: name.machine)
    }
    values["operating system"] = field("PRETTY_NAME", of: "/etc/os-release", separator: "=")
    values["processor"] = field("model name", of: "/proc/cpuinfo", separator: ":")
    values["cores"] = String(ProcessInfo.processInfo.activeProcessorCount)
    #if swift(>=6.3)
      values["swift"] = "6.3"
    #else
      values["swift"] = "6.2"
    #endif
    return values
  }()

  private static func text<Characters>(of characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func field(_ name: String, of path: String, separator: Character) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1024)
    while fgets(&line, Int32(line.count), file) != nil {
      let parts = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        .split(separator: separator, maxSplits: 1)
      if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name {
        return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \t\n\""))
      }
    }
    return nil
  }
}
