internal import Core
internal import SwiftSyntax

/// Writes the one source file of a program.
struct ProgramWriter {
  private(set) var text: [UInt8] = []

  private let parts: [PartSyntax]
  private let cells: [Int: PartSyntax]
  private let plan: ProgramPlan

  /// - Parameters:
  ///   - parts: in the notebook's order.
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
    for stage in stages where stage.isGenerated {
      write("extension \(stage.name) {")
      write(
        "  \(stage.isPublic ? "public " : "")static var codeDigest: Digest? { Digest(hexadecimal: \"\(stage.digest)\") }"
      )
      write("}")
    }
    write("@main struct _NotebookMain {")
    write("  static func main() async {")
    // Verification computes a stage in a process of its own, which finds the type here, be it private.
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

  private mutating func writeImports() {
    // The runtime computes nothing that a stage could use, so that it is no part of what `Colophon` exports and keys cover.
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
      for (index, item) in part.items.enumerated() {
        switch item.role {
        case .declaration: write(item, of: part.part)
        case .function where plan.localItems[id]?.contains(index) != true: write(item, of: part.part)
        default: break
        }
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
      let values = own.exports.map { $0.isAsynchronous && $0.cell == id ? "try await \($0.spelling)" : $0.spelling }
      write("return (\(values.joined(separator: ", ")))")
    } else if let item = part.items.first {
      write("#sourceLocation(file: \"\(part.part.file)\", line: \(item.line - 1))")
      write("return try await (")
      writePadded(item)
      write(")")
      write("#sourceLocation()")
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
    for (index, item) in part.items.enumerated() {
      switch item.role {
      case .importing, .declaration: break
      case .function: if plan.localItems[id]?.contains(index) == true { write(item, of: part.part) }
      case .statement:
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
}
