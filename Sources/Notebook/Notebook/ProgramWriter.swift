internal import Core
internal import SwiftSyntax

/// Writes the one source file of a program.
struct ProgramWriter {
  /// The file, in UTF-8.
  private(set) var text: [UInt8] = []

  private let parts: [PartSyntax]
  private let cells: [Int: PartSyntax]
  private let plan: ProgramPlan

  /// - Parameters:
  ///   - parts: cells and inline expressions in the notebook's order.
  ///   - stages: the notebook's stages with their code digests.
  ///   - constants: the seed and the parameters, which every cell sees; the run gives their values.
  init(
    _ parts: [PartSyntax], plan: ProgramPlan, stages: [CodeDigest], constants: [(name: String, kind: Parameter.Kind)]
  ) {
    self.parts = parts
    self.plan = plan
    cells = Dictionary(
      parts.compactMap { part in
        if case .cell(let id) = part.part { (id, part) } else { nil }
      }
    ) { first, _ in first }

    writeImports()
    writeDeclarations()
    for stage in stages where stage.isGenerated { writeDigest(of: stage) }
    write("@main struct _NotebookMain {")
    write("  static func main() async {")

    // Verification computes a stage in a process of its own, which finds the type here, even a private one.
    let types = stages.filter { !$0.isGeneric }.map { "\($0.name).self" }
    write("    let _notebook = await NotebookRun.begin(stages: [\(types.joined(separator: ", "))])")
    for (name, kind) in constants {
      // The module is named because a notebook may declare a type `Double` of its own.
      write("    let \(name): Swift.\(kind.rawValue) = _notebook.parameter(\"\(name)\")")
      write("    _ = \(name)")
    }

    for part in parts { write(part) }
    write("    await _notebook.finish()")
    write("  }")
    write("}")
  }

  private mutating func write(_ line: String) {
    text += Array(line.utf8)
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func writeDigest(of stage: CodeDigest) {
    let access = stage.isPublic ? "public " : ""
    write("extension \(stage.name) {")
    write("  \(access)static var codeDigest: Digest? { Digest(hexadecimal: \"\(stage.digest)\") }")
    write("}")
  }

  private mutating func writeImports() {
    // The runtime computes nothing that a stage could use, so `Colophon` does not export it and keys do not cover it.
    write("import Colophon")
    write("import Foundation")
    write("import NotebookRuntime")
    var seen: Set<[String]> = [["import", "Colophon"], ["import", "Foundation"]]
    for part in parts {
      for item in part.items where item.role == .importing {
        if seen.insert(item.syntax.tokens(viewMode: .sourceAccurate).map(\.text)).inserted {
          write(item, of: part.part)
        }
      }
    }
  }

  private mutating func writeDeclarations() {
    for part in parts {
      guard case .cell(let id) = part.part else { continue }
      for (index, item) in part.items.enumerated() where plan.isAtFileScope(item, at: index, of: id) {
        write(item, of: part.part)
      }
    }
  }

  /// The item's own text under its own name, lines and columns.
  private mutating func write(_ item: PartSyntax.Item, of part: LineMap.Part) {
    write("#sourceLocation(file: \"\(part.file)\", line: \(item.line))")
    writePadded(item)
    write("#sourceLocation()")
  }

  private mutating func writePadded(_ item: PartSyntax.Item) {
    text += [UInt8](repeating: UInt8(ascii: " "), count: item.column - 1)
    text += item.bytes
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func write(_ part: PartSyntax) {
    let own = plan.parts[part.part] ?? .init()
    let needs = own.needs.map(String.init).joined(separator: ", ")
    let (kind, id) =
      switch part.part {
      case .cell(let id): ("cell", id)
      case .inline(let id): ("inline", id)
      }

    write("    let _\(kind)\(id) = _notebook.\(kind)(\(id), needs: [\(needs)]) { () async throws in")
    writeLayers(own, isCell: kind == "cell")
    if kind == "cell" {
      writeCode(part, id)
      // An `async let` of the cell itself has to be awaited before the closure ends.
      let values = own.exports.map { $0.isAsynchronous && $0.cell == id ? "try await \($0.spelling)" : $0.spelling }
      write("return (\(values.joined(separator: ", ")))")
    } else if let item = part.items.first {
      // Swift takes `if` and `switch` for expressions after `=`, and not inside of others.
      let isPlain = item.branches.isEmpty
      write("#sourceLocation(file: \"\(part.part.file)\", line: \(item.line - 1))")
      write(isPlain ? "return try await (" : "let _value =")
      writePadded(item)
      if isPlain { write(")") }
      write("#sourceLocation()")
      if !isPlain { write("return _value") }
    }

    write("    " + String(repeating: "} ", count: own.layers.count))
    write("    await _\(kind)\(id).run()")
  }

  private mutating func writeLayers(_ own: ProgramPlan.PartPlan, isCell: Bool) {
    for (depth, layer) in own.layers.enumerated() {
      if depth > 0 { write("do {") }
      for entry in layer {
        switch entry {
        case .value(let value, let giver, let index, let count):
          let keyword = value.isVariable && isCell ? "var" : "let"
          write("\(keyword) \(value.spelling) = try _cell\(giver).value" + (count > 1 ? ".\(index)" : ""))
        case .function(let cell, let index):
          if let part = cells[cell] { write(part.items[index], of: part.part) }
        }
      }
    }
  }

  private mutating func writeCode(_ part: PartSyntax, _ id: Int) {
    for (index, item) in part.items.enumerated() where !plan.isAtFileScope(item, at: index, of: id) {
      switch item.role {
      case .importing, .declaration: break
      case .function: write(item, of: part.part)
      case .shown where !item.branches.isEmpty:
        write("_notebook.at(\(id), \(item.line))")
        writeBranches(item, of: part.part)
      case .statement, .property, .constant:
        write("_notebook.at(\(id), \(item.line))")
        write(item, of: part.part)
      case .shown:
        write("_notebook.at(\(id), \(item.line))")
        write("#sourceLocation(file: \"\(part.part.file)\", line: \(item.line - 1))")
        write("_notebook.show(")
        writePadded(item)
        write(")")
        write("#sourceLocation()")
      }
    }
  }

  /// An `if` or `switch` that shows the value of its branch, each piece of it at its own line and column: so the
  /// branches may have values of different types, and none at all.
  private mutating func writeBranches(_ item: PartSyntax.Item, of part: LineMap.Part) {
    var position = 0
    var line = item.line
    var column = item.column
    // A piece of the item, after a line of generated code.
    func pad(_ range: Range<Int>) -> [UInt8] {
      let piece = item.bytes[range]
      let padding = [UInt8](repeating: UInt8(ascii: " "), count: column - 1)
      for byte in piece {
        column = byte == UInt8(ascii: "\n") ? 1 : column + 1
        if byte == UInt8(ascii: "\n") { line += 1 }
      }
      return padding + piece + [UInt8(ascii: "\n")]
    }

    for branch in item.branches {
      write("#sourceLocation(file: \"\(part.file)\", line: \(line))")
      text += pad(position..<branch.lowerBound)
      write("#sourceLocation(file: \"\(part.file)\", line: \(line - 1))")
      write("_notebook.show(")
      text += pad(branch)
      write(")")
      position = branch.upperBound
    }
    write("#sourceLocation(file: \"\(part.file)\", line: \(line))")
    text += pad(position..<item.bytes.count)
    write("#sourceLocation()")
  }
}
