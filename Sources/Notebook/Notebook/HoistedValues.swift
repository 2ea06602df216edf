/// The constants and computed properties of cells that go to file scope, where types and functions see them whatever
/// the order of the cells.
///
/// A computed property goes there unless it uses values of cells, as a function does. A literal constant goes there
/// only when something needs it there: a type, another such declaration, or code before the constant. All others stay
/// values of their cells, so that no program changes without a need.
///
/// A name that is declared more than once at the top level of cells stays a value: later cells see the later one.
struct HoistedValues {
  /// The positions of the items, by cell.
  private(set) var items: [Int: Set<Int>] = [:]

  /// A declaration that can be at file scope.
  private struct Candidate {
    var cell: Int
    var item: Int
    /// The position of the cell among the parts.
    var part: Int
    var role: PartSyntax.Role
    var mentions: FreeNames.Mentions
  }

  /// The constants, computed properties and functions, by name.
  private var candidates: [String: [Candidate]] = [:]
  /// The names of everything that stays inside a cell, with the position of the first part that has it.
  private var insideSince: [String: Int] = [:]

  /// - Parameters:
  ///   - parts: cells and inline expressions in the notebook's order.
  ///   - constants: names of the seed and the parameters.
  init(_ parts: [PartSyntax], constants: Set<String>) {
    let items = parts.flatMap(\.items)
    guard items.contains(where: { $0.role == .constant || $0.role == .property }) else { return }
    for name in constants { insideSince[name] = -1 }
    findCandidates(parts)
    leaveOutUsersOfValues()

    let needed = neededNames(parts)
    for candidate in candidates.filter({ $0.value[0].role == .property || needed.contains($0.key) }).values.joined()
    where candidate.role != .function {
      self.items[candidate.cell, default: []].insert(candidate.item)
    }
  }

  private mutating func findCandidates(_ parts: [PartSyntax]) {
    var counts: [String: Int] = [:]
    for item in parts.flatMap(\.items) {
      for name in Set(item.bindings.map(\.name) + (item.bindings.isEmpty ? item.fileScopeNames ?? [] : [])) {
        counts[name, default: 0] += 1
      }
    }

    for (position, part) in parts.enumerated() {
      guard case .cell(let cell) = part.part else { continue }
      for (index, item) in part.items.enumerated() {
        let names = item.role == .function ? [item.functionName].compactMap(\.self) : item.bindings.map(\.name)
        let isUnique = names.allSatisfy { counts[$0] == 1 && insideSince[$0] == nil }
        let canMove =
          switch item.role {
          case .function: !item.isOperator
          case .constant, .property: isUnique
          default: false
          }

        for name in names {
          if canMove {
            let mentions = FreeNames.mentions(of: item.syntax)
            candidates[name, default: []].append(
              Candidate(cell: cell, item: index, part: position, role: item.role, mentions: mentions))
          } else if item.role != .function {
            insideSince[name] = min(insideSince[name] ?? position, position)
          }
        }
      }
    }
  }

  /// Repeated until every declaration is known that uses values of cells, directly or through another one.
  private mutating func leaveOutUsersOfValues() {
    var changed = true
    while changed {
      changed = false
      for (name, group) in candidates {
        let stays = group.contains { candidate in
          candidate.mentions.names.contains { insideSince[$0].map { $0 <= candidate.part } ?? false }
        }
        guard stays else { continue }
        insideSince[name] = group.map(\.part).min()
        candidates[name] = nil
        changed = true
      }
    }
  }

  /// The names that something at file scope, or code before their declaration, mentions; directly or through a
  /// function.
  private func neededNames(_ parts: [PartSyntax]) -> Set<String> {
    let fileScope = FileScopeNames(parts)
    var needed: Set<String> = []
    var open: [String] = []
    func need(_ mentions: FreeNames.Mentions, after part: Int?) {
      for name in mentions.names where !needed.contains(name) {
        guard let first = candidates[name]?.first, part.map({ first.part > $0 }) ?? true else { continue }
        // No literal can be called: the mention is of something else.
        if first.role == .constant, !mentions.values.contains(name) { continue }
        needed.insert(name)
        open.append(name)
      }
    }

    for (position, part) in parts.enumerated() {
      for item in part.items {
        let isAtFileScope = item.role == .declaration || item.role == .function && item.isOperator
        need(fileScope.mentions(of: item), after: isAtFileScope ? nil : position)
      }
    }
    for candidate in candidates.values.joined() where candidate.role == .property {
      need(candidate.mentions, after: nil)
    }
    while let name = open.popLast() {
      for candidate in candidates[name] ?? [] { need(candidate.mentions, after: nil) }
    }
    return needed
  }
}
