import Core
import Notebook

/// Bytes as a notebook, down to its program.
enum NotebookInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? {
    let (document, diagnostics) = NotebookDocument.parse(text: bytes, file: "n.md")
    let program = NotebookProgram(document)
    // Whatever ends a line ends one here; a mark at the end of the file begins another.
    let lineCount = 1 + bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    for diagnostic in diagnostics + program.diagnostics where !(1...lineCount).contains(diagnostic.line) {
      return "\(diagnostic) is outside of \(lineCount) lines"
    }
    var next = 1
    for block in document.blocks {
      let lines =
        switch block {
        case .prose(let prose): prose.lines
        case .cell(let cell): cell.lines
        }
      if lines.lowerBound < next || lines.upperBound > lineCount { return "a block has the lines \(lines)" }
      next = lines.upperBound + 1
    }
    for case .prose(let prose) in document.blocks {
      for inline in prose.inlines where inline.range.upperBound > prose.markdown.utf8.count {
        return "an inline expression reaches beyond its block"
      }
    }
    let pruned = program.pruned(removing: program.faultyCells, inlines: program.faultyInlines)
    return pruned.program.diagnostics.contains { $0.severity == .error }
      ? "a program without its faulty parts is faulty" : nil
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = NotebookInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
