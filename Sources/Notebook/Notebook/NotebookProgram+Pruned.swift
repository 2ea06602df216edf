extension NotebookProgram {
  /// The program without some cells and without everything that depends on them, so that the others still run.
  ///
  /// A cell depends on another when it takes its values or names one of its declarations or a member of its
  /// extensions.
  ///
  /// - Parameters:
  ///   - cells: the cells to leave out, such as those that do not compile.
  ///   - inlines: the inline expressions to leave out.
  /// - Returns: the smaller program; for each further cell that is left out, the cell that it depends on; the same
  ///   for inline expressions.
  package func pruned(
    removing cells: Set<Int>, inlines: Set<Int> = []
  ) -> (program: NotebookProgram, skipped: [Int: Int], skippedInlines: [Int: Int]) {
    var removed = cells
    var skipped: [Int: Int] = [:]
    var skippedInlines: [Int: Int] = [:]
    let declared = declaredNames()

    // Repeated, since a cell that is left out takes along those that depend on it, also earlier ones.
    var changed = true
    while changed {
      changed = false
      for part in parts {
        guard let culprit = dependency(of: part, in: removed, declared) else { continue }
        switch part.part {
        case .cell(let id) where !removed.contains(id):
          removed.insert(id)
          skipped[id] = culprit
          changed = true
        case .inline(let id) where !inlines.contains(id): skippedInlines[id] = culprit
        default: break
        }
      }
    }

    let kept = parts.filter { part in
      switch part.part {
      case .cell(let id): !removed.contains(id)
      case .inline(let id): !inlines.contains(id) && skippedInlines[id] == nil
      }
    }
    return (NotebookProgram(document, kept), skipped, skippedInlines)
  }

  /// The first removed cell whose values or declarations a part uses.
  private func dependency(of part: PartSyntax, in removed: Set<Int>, _ declared: [String: Set<Int>]) -> Int? {
    var culprits = Set(plan.parts[part.part]?.needs ?? []).intersection(removed)
    for entry in (plan.parts[part.part] ?? .init()).layers.joined() {
      if case .function(let cell, _) = entry, removed.contains(cell) { culprits.insert(cell) }
    }
    for name in part.nameTokens {
      guard let cells = declared[name] else { continue }
      if case .cell(let id) = part.part, cells.contains(id) { continue }
      culprits.formUnion(cells.intersection(removed))
    }
    if case .cell(let id) = part.part { culprits.remove(id) }
    return culprits.min()
  }

  /// For each name of a file-scope declaration, or of a member of an extension, the cells that declare it.
  private func declaredNames() -> [String: Set<Int>] {
    var cells: [String: Set<Int>] = [:]
    for part in parts {
      guard case .cell(let id) = part.part else { continue }
      for (index, item) in part.items.enumerated() {
        guard plan.isAtFileScope(item, at: index, of: id), let names = item.fileScopeNames else { continue }
        for name in names { cells[name, default: []].insert(id) }
      }
    }
    return cells
  }
}
