package import Core
internal import SwiftSyntax

/// What the compiler said about a program, told as places of the notebook.
package struct CompilerReport: Hashable, Sendable {
  /// In the compiler's order, each note after what it explains, without repetitions.
  package var diagnostics: [Diagnostic] = []
  /// The cells that have errors.
  package var cells: Set<Int> = []
  /// The inline expressions that have errors.
  package var inlines: Set<Int> = []
}

extension NotebookProgram {
  /// Reads the output of `swiftc -diagnostic-style llvm`, whose lines read `cell-3:5:27: error: …`.
  ///
  /// Warnings that only the generated program causes are left out; an error in generated code is told at the cell it belongs to.
  package func report(on compilerOutput: String) -> CompilerReport {
    var report = CompilerReport()
    var isDropped = false
    let sourceLines = source.split(separator: "\n", omittingEmptySubsequences: false)
    for line in compilerOutput.split(whereSeparator: \.isNewline) {
      guard let said = CompilerLine(line) else { continue }
      if said.severity != .note { isDropped = false }
      guard !isDropped else { continue }
      let part = LineMap.Part(file: said.file)
      if said.severity == .warning, part == nil || isArtefact(said, in: part) {
        isDropped = true
        continue
      }
      guard let (part, line, column) = part.map({ ($0, said.line, said.column) }) ?? owner(of: said, in: sourceLines)
      else {
        // Not due to one cell: told at the notebook's beginning.
        report.append(Diagnostic(said.severity, said.message, file: lineMap.file, line: 1))
        continue
      }
      report.append(lineMap.diagnostic(said.severity, said.message, part, line: line, column: column))
      guard said.severity == .error else { continue }
      switch part {
      case .cell(let id): report.cells.insert(id)
      case .inline(let id): report.inlines.insert(id)
      }
      if let note = explanation(of: said, in: part) {
        report.append(lineMap.diagnostic(.note, note, part, line: line, column: column))
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

  /// Whether a warning is due to the program's shape: the author cannot mend it.
  private func isArtefact(_ said: CompilerLine, in part: LineMap.Part?) -> Bool {
    guard let part else { return true }
    let isSettled =
      said.message.contains("no 'async' operations occur")
      || said.message.contains("no calls to throwing functions occur")
    if isSettled {
      if case .inline = part { return true }
      return plan.parts[part]?.takesAsynchronous == true
    }
    if said.message.contains("was never mutated"), let name = said.quotedName {
      return plan.sharedVariables.contains { $0.name == name && LineMap.Part.cell($0.cell) == part }
    }
    return false
  }

  /// The part whose generated lines hold this place of the source file.
  private func owner(of said: CompilerLine, in lines: [Substring]) -> (LineMap.Part, line: Int, column: Int)? {
    guard said.line > 0 else { return nil }
    var row = min(said.line, lines.count) - 1
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

  /// Why a declaration at file scope cannot see a cell's value.
  private func explanation(of said: CompilerLine, in part: LineMap.Part) -> String? {
    guard said.message.hasPrefix("cannot find '"), let name = said.quotedName, case .cell(let id) = part,
      let item = parts.first(where: { $0.part == part })?.items.first(where: { item in
        (item.role == .declaration || item.isOperator) && (item.line..<item.line + item.lineCount).contains(said.line)
      })
    else { return nil }
    let (kind, own, remedy) =
      item.isOperator
      ? ("an operator", "arguments", "make it a function") : ("a type", "properties", "pass it as a stored property")
    if document.frontMatter.constantNames.contains(name) {
      return "\(name) is a parameter of the notebook: \(kind) sees only its own \(own); \(remedy)"
    }
    guard let cells = plan.cellsOfName[name], let owner = cells.last(where: { $0 <= id }) ?? cells.first else {
      return nil
    }
    let cell = document.cells.first { $0.id == owner }?.name ?? "cell \(owner)"
    return plan.isLocalFunction(name, of: owner)
      ? "\(name) is a function of \(cell) that uses values of cells: \(kind) sees only its own \(own); give the function all it needs as arguments"
      : "\(name) is a value of \(cell): \(kind) sees only its own \(own); \(remedy)"
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
