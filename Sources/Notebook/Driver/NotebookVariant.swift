internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime

/// A notebook with the values that one run gives its parameters, and the name that the results go under.
struct NotebookVariant {
  /// The parsed notebook.
  let document: NotebookDocument
  /// The values of its parameters, and its seed.
  let values: ParameterValues
  /// The name of the folder in `Artifacts`, and of the branch.
  let name: String
  /// The name of the results with the notebook's own values.
  let base: String
  /// True when the user chose the name.
  let isNamed: Bool

  /// A sentence about the name, for the first run under it; `nil` in the ordinary case.
  let note: String?

  /// The faults of the Markdown that do not keep the notebook from running.
  var warnings: [Diagnostic] = []

  /// A variant with these values.
  /// - Parameters:
  ///   - document: the parsed notebook.
  ///   - notebook: its names.
  ///   - values: the values of this run.
  ///   - output: the name of the results; the notebook's own unless given, with the changed values after it.
  /// - Throws: ``OperationError`` when the results of that name are another notebook's.
  init(
    _ document: NotebookDocument, notebook: NotebookName, values: ParameterValues, output: String?
  ) throws(OperationError) {
    self.document = document
    self.values = values
    isNamed = output != nil
    if let output {
      try notebook.check(output: output)
      base = (try? notebook.choose().base) ?? output
      name = output
      note = nil
    } else {
      let changed = values.changed
      let choice = try notebook.choose { Self.name($0, changed: changed) }
      base = choice.base
      name = Self.name(choice.base, changed: changed)
      note = choice.note
    }
  }

  /// The values in the lock file: the parameters, and the seed if it is not the notebook's own.
  var lockedValues: [String: String] {
    let locked = values.entries.filter { !$0.isSeed || $0.isChanged }
    return Dictionary(uniqueKeysWithValues: locked.map { ($0.name, $0.value) })
  }

  /// The changed values on one line: `sample=150, rate=0.5`.
  var settings: String {
    values.changed.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
      .split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// The words of a command line that name this variant after the notebook.
  var arguments: String {
    let set = values.changed.map { "--set " + Self.quoted("\($0.name)=\($0.value)") }
    return (set + (isNamed ? ["--output " + Self.quoted(name)] : [])).map { " " + $0 }.joined()
  }

  /// The name whose last results a run is compared with: the variant's own; before its first run, the notebook's.
  func basis(in project: Project) -> String {
    FileManager.default.fileExists(atPath: project.lock(named: name)) ? name : base
  }

  /// The name of a variant: `curation-with-sample-150`.
  ///
  /// Different values have different names: a name that is too long, or that has a text with characters which do not
  /// belong in a file's name, ends with a part of the digest of all changed values.
  private static func name(_ notebook: String, changed: [ParameterValues.Entry]) -> String {
    guard !changed.isEmpty else { return notebook }

    // False when another variant could have the same name.
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
