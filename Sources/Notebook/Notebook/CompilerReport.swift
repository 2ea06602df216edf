package import Core
internal import SwiftSyntax

/// The diagnostics of the compiler for a program, at places of the notebook.
package struct CompilerReport: Hashable, Sendable {
  /// The diagnostics in the compiler's order, each note after the diagnostic that it explains, without repetitions.
  package var diagnostics: [Diagnostic] = []
  /// The cells that have errors.
  package var cells: Set<Int> = []
  /// The inline expressions that have errors.
  package var inlines: Set<Int> = []
}

extension NotebookProgram {
  /// Reads the output of `swiftc -diagnostic-style llvm`, whose lines read `cell-3:5:27: error: …`.
  ///
  /// Warnings that only the generated program causes are left out; an error in generated code is reported at the cell
  /// that the code belongs to.
  package func report(on compilerOutput: String) -> CompilerReport {
    var report = CompilerReport()
    // The notes after a warning that is left out are left out too.
    var isDropped = false
    let sourceLines = source.split(separator: "\n", omittingEmptySubsequences: false)
    for line in compilerOutput.split(whereSeparator: \.isNewline) {
      guard let reported = CompilerLine(line) else { continue }
      if reported.severity != .note { isDropped = false }
      guard !isDropped else { continue }
      let part = LineMap.Part(file: reported.file)
      if reported.severity == .warning, part == nil || isOfGeneratedCode(reported, in: part) {
        isDropped = true
        continue
      }

      let place = part.map { ($0, reported.line, reported.column) } ?? owner(of: reported, in: sourceLines)
      guard let (part, line, column) = place else {
        // Not due to one cell: reported at the notebook's beginning.
        report.append(Diagnostic(reported.severity, reported.message, file: lineMap.file, line: 1))
        continue
      }
      report.append(lineMap.diagnostic(reported.severity, reported.message, in: part, line: line, column: column))

      guard reported.severity == .error else { continue }
      switch part {
      case .cell(let id): report.cells.insert(id)
      case .inline(let id): report.inlines.insert(id)
      }
      if let note = explanation(of: reported, in: part) {
        report.append(lineMap.diagnostic(.note, note, in: part, line: line, column: column))
      }
    }
    return report
  }

  /// The diagnostics of ``report(on:)``.
  package func rewrite(_ compilerOutput: String) -> [Diagnostic] { report(on: compilerOutput).diagnostics }

  /// The notebook's line and column of a place in `cell-3` or `inline-7`.
  package func locate(cell file: String, line: Int, column: Int = 1) -> (line: Int, column: Int)? {
    lineMap.locate(cell: file, line: line, column: column)
  }

  /// True for a warning that is due to the program's shape, which the author cannot repair.
  private func isOfGeneratedCode(_ reported: CompilerLine, in part: LineMap.Part?) -> Bool {
    guard let part else { return true }
    let isSettled =
      reported.message.contains("no 'async' operations occur")
      || reported.message.contains("no calls to throwing functions occur")
    if isSettled {
      if case .inline = part { return true }
      return plan.parts[part]?.takesAsynchronous == true
    }
    if reported.message.contains("was never mutated"), let name = reported.quotedName {
      return plan.sharedVariables.contains { $0.name == name && LineMap.Part.cell($0.cell) == part }
    }
    return false
  }

  /// The part whose generated lines contain this place of the source file.
  private func owner(of reported: CompilerLine, in lines: [Substring]) -> (LineMap.Part, line: Int, column: Int)? {
    guard reported.line > 0 else { return nil }
    // The nearest line above that names a part: generated lines follow the beginning of their part.
    var row = min(reported.line, lines.count) - 1
    while row >= 0 {
      let text = lines[row].drop { $0 == " " }
      if text.hasPrefix("#sourceLocation(file: \"") {
        let fields = text.split(separator: "\"")
        if fields.count > 1, let part = LineMap.Part(file: fields[1]) { return (part, 1, 1) }
      }

      if text.hasPrefix("extension "),
        let stage = manifest.stages.first(where: { text == "extension \($0.name) {" && $0.isGenerated })
      {
        return (.cell(stage.cell), 1, 1)
      }

      if text.hasPrefix("let _cell") || text.hasPrefix("let _inline") {
        let name = text.dropFirst(5).prefix { $0 != " " }
        let digits = name.drop { !$0.isNumber }
        if let part = LineMap.Part(file: "\(name.dropLast(digits.count))-\(digits)") { return (part, 1, 1) }
      }
      row -= 1
    }
    return nil
  }

  /// A note for a declaration at file scope that names a cell's value, which it cannot see; `nil` for any other
  /// error.
  private func explanation(of reported: CompilerLine, in part: LineMap.Part) -> String? {
    guard reported.message.hasPrefix("cannot find '"), let name = reported.quotedName, case .cell(let id) = part,
      let item = parts.first(where: { $0.part == part })?.items.first(where: { item in
        (item.role == .declaration || item.isOperator)
          && (item.line..<item.line + item.lineCount).contains(reported.line)
      })
    else { return nil }

    let (kind, own, remedy) =
      item.isOperator
      ? ("an operator", "arguments", "make it a function") : ("a type", "properties", "pass it as a stored property")
    // The seed and the parameters do not belong to a cell.
    if document.frontMatter.constantNames.contains(name) {
      return "\(name) is a parameter of the notebook: \(kind) sees only its own \(own); \(remedy)"
    }

    guard let cells = plan.cellsOfName[name], let owner = cells.last(where: { $0 <= id }) ?? cells.first else {
      return nil
    }
    let cell = document.cells.first { $0.id == owner }?.name ?? "cell \(owner)"
    guard plan.isLocalFunction(name, of: owner) else {
      return "\(name) is a value of \(cell): \(kind) sees only its own \(own); \(remedy)"
    }
    return """
      \(name) is a function of \(cell) that uses values of cells: \(kind) sees only its own \(own); \
      give the function all it needs as arguments
      """
  }
}

extension CompilerReport {
  fileprivate mutating func append(_ diagnostic: Diagnostic) {
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }
}

/// A line `file:line:column: severity: message`, or an error without a place.
private struct CompilerLine {
  var file: Substring
  var line: Int
  var column: Int
  var severity: Diagnostic.Severity
  var message: String

  /// `nil` for a line that is not a diagnostic, such as a line of code with a mark under it.
  init?(_ text: Substring) {
    let marks: [(String, Diagnostic.Severity)] = [
      (": error: ", .error), (": warning: ", .warning), (": note: ", .note),
    ]
    for (mark, severity) in marks {
      guard let range = text.firstRange(of: mark) else { continue }
      let fields = text[..<range.lowerBound].split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 3, let line = Int(fields[fields.count - 2]), let column = Int(fields[fields.count - 1])
      else {
        continue
      }
      let place = fields[fields.count - 2].startIndex
      file = text[..<text.index(before: place)]
      self.line = line
      self.column = column
      self.severity = severity
      message = String(text[range.upperBound...])
      return
    }

    // Such as `error: …`, `<unknown>:0: error: …` and `clang: error: linker command failed …`.
    guard let range = text.hasPrefix("error: ") ? text.firstRange(of: "error: ") : text.firstRange(of: ": error: ")
    else {
      return nil
    }
    file = ""
    line = 0
    column = 0
    severity = .error
    message = String(text[range.upperBound...])
  }

  /// The first name in straight quotation marks.
  var quotedName: String? {
    let pieces = message.split(separator: "'", omittingEmptySubsequences: false)
    return pieces.count > 2 ? String(pieces[1]) : nil
  }
}
