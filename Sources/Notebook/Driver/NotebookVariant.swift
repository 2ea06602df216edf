internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime

/// A notebook with the values that one run gives its parameters, and the name that the results go under.
struct NotebookVariant {
  let document: NotebookDocument
  let values: ParameterValues
  /// The folder below `Artifacts`, and the branch.
  let name: String
  /// Whether the user chose the name.
  let isNamed: Bool

  /// - Parameter output: the name of the results; the notebook's own unless given, with the changed values after it.
  init(_ document: NotebookDocument, notebook: String, values: ParameterValues, output: String?) {
    self.document = document
    self.values = values
    name = output ?? Self.name(Project.name(of: notebook), changed: values.changed)
    isNamed = output != nil
  }

  /// What a lock file says of the values: the parameters, and the seed if it is not the notebook's own.
  var lockedValues: [String: String] {
    let locked = values.entries.filter { !$0.isSeed || $0.isChanged }
    return Dictionary(uniqueKeysWithValues: locked.map { ($0.name, $0.value) })
  }

  /// `sample=150, rate=0.5`: the changed values.
  var settings: String {
    values.changed.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
      .split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// The words of a command line that name this variant after the notebook.
  var arguments: String {
    let set = values.changed.map { "--set " + Self.quoted("\($0.name)=\($0.value)") }
    return (set + (isNamed ? ["--output " + Self.quoted(name)] : [])).map { " " + $0 }.joined()
  }

  /// The name whose last results a run is compared with: the variant's own, or before its first run the notebook's.
  func basis(in project: Project, notebook: String) -> String {
    FileManager.default.fileExists(atPath: project.lock(named: name)) ? name : Project.name(of: notebook)
  }

  /// `curation-with-sample-150`. Different values have different names: where a text cannot stand in a file's name as it is, or
  /// the name grows long, a part of the digest of all changed values ends it.
  private static func name(_ notebook: String, changed: [ParameterValues.Entry]) -> String {
    guard !changed.isEmpty else { return notebook }
    var isExact = true
    var name = notebook + "-with"
    for entry in changed {
      let plain = String(entry.value.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" })
      // The hyphen of a number is its sign; in a text it may stand for anything.
      if entry.kind == .text, plain.isEmpty || plain.contains("-") { isExact = false }
      name += "-\(entry.name)-\(plain)"
    }
    while name.utf8.count > 140 {
      name.removeLast()
      isExact = false
    }
    guard !isExact else { return name }
    let values = changed.map { CanonicalValue.list([.text($0.name), .text($0.value)]) }
    return name + "-" + CanonicalValue.list(values).digest.hexadecimal.prefix(8)
  }

  /// A word as a shell takes it.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "=.,:/_+-".contains($0) }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
