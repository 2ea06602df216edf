package import Core

/// The Swift program of a notebook: one source file, whose diagnostics and crashes can be traced back to the
/// notebook.
///
/// Cells become closures of one `main`, in order; types, extensions, operators and functions that use no values of
/// cells go to file scope. The text does not depend on prose: see ``LineMap``.
package struct NotebookProgram: Sendable {
  /// The program's only source file.
  package let source: String
  /// The facts about the program that are needed without parsing Swift again.
  package let manifest: ProgramManifest
  /// The way back from places of ``source`` to the notebook.
  package let lineMap: LineMap
  /// Syntax errors, and code that the shape of the program does not allow, at places of the notebook.
  package let diagnostics: [Diagnostic]
  /// The cells that have errors among ``diagnostics``; ``pruned(removing:inlines:)`` leaves them out.
  package let faultyCells: Set<Int>
  /// The inline expressions that have errors among ``diagnostics``; ``pruned(removing:inlines:)`` leaves them out.
  package let faultyInlines: Set<Int>

  /// The digest of ``source``.
  package var digest: Digest { manifest.sourceDigest }

  /// The cells that end in an expression, whose value is shown.
  package var showingCells: Set<Int> {
    Set(
      parts.compactMap { part in
        if case .cell(let id) = part.part, part.items.last?.role == .shown { id } else { nil }
      })
  }

  let document: NotebookDocument
  let parts: [PartSyntax]
  let plan: ProgramPlan

  /// Generates the program of a notebook; cells with `eval: false` are not part of it.
  package init(_ document: NotebookDocument) {
    let parts = document.blocks.flatMap { block -> [PartSyntax] in
      switch block {
      case .cell(let cell): cell.options.eval ? [PartSyntax(.cell(cell.id), code: cell.code)] : []
      case .prose(let prose): prose.inlines.map { PartSyntax(.inline($0.id), code: $0.expression) }
      }
    }
    self.init(document, parts)
  }

  init(_ document: NotebookDocument, _ parts: [PartSyntax]) {
    self.document = document
    self.parts = parts
    let plan = ProgramPlan(parts, constants: document.frontMatter.constantNames)
    self.plan = plan
    lineMap = LineMap(document)
    let stages = CodeDigest.all(in: parts, plan: plan)
    let writer = ProgramWriter(parts, plan: plan, stages: stages, constants: document.frontMatter.constants)
    source = String(decoding: writer.text, as: UTF8.self)

    // What the driver needs of each part when the compiled program is found again and no Swift is parsed.
    var cells: [ProgramManifest.Part] = []
    var inlines: [ProgramManifest.Part] = []
    for part in parts {
      let needs = plan.parts[part.part]?.needs ?? []
      switch part.part {
      case .cell(let id):
        cells.append(.init(id: id, needs: needs, names: part.items.flatMap { $0.bindings.map(\.name) }))
      case .inline(let id): inlines.append(.init(id: id, needs: needs, names: []))
      }
    }

    manifest = ProgramManifest(
      fingerprint: document.codeFingerprint, sourceDigest: Digest(of: source), cells: cells, inlines: inlines,
      stages: stages,
      stageCalls: StageCall.all(in: parts, stages: Set(stages.map(\.name))), variables: VariableRead.all(in: parts))
    (diagnostics, faultyCells, faultyInlines) = Self.faults(parts, document.frontMatter, at: lineMap)
  }

  /// The faults of all parts, and the parts that have errors among them.
  private static func faults(
    _ parts: [PartSyntax], _ frontMatter: FrontMatter, at map: LineMap
  ) -> (diagnostics: [Diagnostic], cells: Set<Int>, inlines: Set<Int>) {
    var faults = parts.flatMap { part in part.faults.map { (part: part.part, fault: $0) } }
    for part in parts {
      faults += part.redeclarations(of: frontMatter).map { (part.part, $0) }
    }
    faults += ComposedNames.faults(in: parts).map { ($0.part, $0.fault) }
    for hidden in StageTypes(parts).hidden {
      guard let part = parts.first(where: { $0.part == hidden.part }) else { continue }
      let place = part.place(of: hidden.node)
      let message = """
        stage “\(hidden.name)” is inside a function or private to its type: \
        declare it where the whole notebook sees it, so that its code counts
        """
      faults.append((hidden.part, .init(message: message, line: place.line, column: place.column)))
    }

    // A warning does not keep a part out of the program.
    var cells: Set<Int> = []
    var inlines: Set<Int> = []
    for (part, fault) in faults where fault.severity == .error {
      switch part {
      case .cell(let id): cells.insert(id)
      case .inline(let id): inlines.insert(id)
      }
    }

    let diagnostics = faults.map { part, fault in
      map.diagnostic(fault.severity, fault.message, in: part, line: fault.line, column: fault.column)
    }
    return (diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) }, cells, inlines)
  }
}
