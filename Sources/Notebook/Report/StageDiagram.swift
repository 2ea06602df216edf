internal import Charts
internal import Core
internal import TextFormatting

/// A drawing of the stages and the outputs that they read from each other.
///
/// Stages are in rows below everything that they read; an arrow is a digest that is one call's output and another's
/// input. Where there are too many calls for a drawing, all calls of a stage share one box.
struct StageDiagram {
  /// A box.
  private struct Node {
    var title: String
    var detail: String
    var outline: ChartStyle.Ink
    /// The boxes whose output it reads, all of them before it.
    var parents: Set<Int> = []
    var layer = 0
    /// The middle of the box.
    var x = 0.0
    /// The top of the box.
    var y = 0.0
  }

  /// The most calls that get a box each.
  private static let callLimit = 24
  /// The most stages that get a box each.
  private static let stageLimit = 60
  /// The most boxes in a row. Four of them, with gaps, are as wide as a chart.
  private static let columns = 4
  private static let boxWidth = 111.0
  private static let boxHeight = 34.0
  private static let gap = 10.0
  private static let rowGap = 28.0

  /// The drawing; `nil` when no stage reads another's output.
  static func figure(_ ledger: StageLedger) -> Figure? {
    let isSingle = ledger.calls.count <= callLimit
    guard isSingle || ledger.groups.count <= stageLimit else { return nil }
    var nodes = isSingle ? callNodes(ledger) : groupNodes(ledger)
    guard nodes.contains(where: { !$0.parents.isEmpty }) else { return nil }
    nodes = ordered(nodes)
    arrange(&nodes)
    return draw(nodes, isSingle: isSingle)
  }

  private static func callNodes(_ ledger: StageLedger) -> [Node] {
    ledger.calls.enumerated().map { index, call in
      let outline: ChartStyle.Ink =
        switch call.state {
        case .cached: .axis
        case .ran: .category(2)
        case .failed: .reference
        }
      let detail = call.artifact == call.stage ? call.output?.digest.short ?? call.state.word : call.artifact
      let called = called(by: call, ledger).filter { $0 != index }
      return Node(
        title: call.stage, detail: detail, outline: outline,
        parents: parents(of: call, before: index, ledger).union(called))
    }
  }

  private static func groupNodes(_ ledger: StageLedger) -> [Node] {
    var groupOf: [Int: Int] = [:]
    for (number, group) in ledger.groups.enumerated() { for call in group.calls { groupOf[call] = number } }
    return ledger.groups.enumerated().map { number, group in
      var parents: Set<Int> = []
      var called: Set<Int> = []
      for call in group.calls {
        called.formUnion(Self.called(by: ledger.calls[call], ledger).compactMap { groupOf[$0] })
        parents.formUnion(Self.parents(of: ledger.calls[call], before: call, ledger).compactMap { groupOf[$0] })
      }
      let outline: ChartStyle.Ink = group.failed > 0 ? .reference : group.ran > 0 ? .category(2) : .axis
      // Of stages that read each other's output, only the arrows that point down are drawn.
      return Node(
        title: group.stage, detail: NumberText.count(group.calls.count, "call"),
        outline: outline,
        parents: parents.filter { $0 < number }.union(called.filter { $0 != number }))
    }
  }

  /// The calls that the stage made while it ran, which may be listed after it where a cell makes them too.
  private static func called(by call: StageOutcome, _ ledger: StageLedger) -> Set<Int> {
    Set(call.calls.compactMap { ledger.positions[$0.key] })
  }

  /// The boxes with every one after its parents; of a circle, the arrow that closes it is left out.
  private static func ordered(_ nodes: [Node]) -> [Node] {
    enum Mark { case begun, done }
    var marks: [Int: Mark] = [:]
    var places: [Int: Int] = [:]
    var result: [Node] = []
    func visit(_ index: Int) {
      marks[index] = .begun
      var node = nodes[index]
      for parent in node.parents.sorted() {
        if marks[parent] == nil { visit(parent) }
        if marks[parent] == .begun { node.parents.remove(parent) }
      }
      node.parents = Set(node.parents.compactMap { places[$0] })
      marks[index] = .done
      places[index] = result.count
      result.append(node)
    }
    for index in nodes.indices where marks[index] == nil { visit(index) }
    return result
  }

  /// The calls whose output this one reads, all of them earlier ones.
  private static func parents(of call: StageOutcome, before index: Int, _ ledger: StageLedger) -> Set<Int> {
    Set(
      call.components.lazy.filter { $0.kind == .artifact }.compactMap { ledger.makers[$0.digest] }.filter { $0 < index }
    )
  }

  /// Gives every node a layer below its parents', and a place near theirs.
  private static func arrange(_ nodes: inout [Node]) {
    for index in nodes.indices {
      nodes[index].layer = (nodes[index].parents.map { nodes[$0].layer }.max() ?? -1) + 1
    }

    // A stage that reads nothing is right above its first reader.
    var firstReader: [Int: Int] = [:]
    for node in nodes {
      for parent in node.parents { firstReader[parent] = min(firstReader[parent] ?? .max, node.layer) }
    }
    for index in nodes.indices where nodes[index].parents.isEmpty {
      nodes[index].layer = max(0, (firstReader[index] ?? 1) - 1)
    }

    var y = 6.0
    for layer in 0...(nodes.map(\.layer).max() ?? 0) {
      let members = nodes.indices.filter { nodes[$0].layer == layer }
      func wish(_ index: Int) -> Double {
        let parents = nodes[index].parents
        return parents.isEmpty ? .infinity : parents.reduce(0) { $0 + nodes[$1].x } / Double(parents.count)
      }
      let ordered = members.sorted { (wish($0), $0) < (wish($1), $1) }
      for start in stride(from: 0, to: ordered.count, by: columns) {
        let row = ordered[start..<min(start + columns, ordered.count)]
        let width = Double(row.count) * boxWidth + Double(row.count - 1) * gap
        for (position, index) in row.enumerated() {
          nodes[index].x = (ChartFrame.width - width) / 2 + Double(position) * (boxWidth + gap) + boxWidth / 2
          nodes[index].y = y
        }
        y += boxHeight + (start + columns < ordered.count ? 14 : rowGap)
      }
    }
  }

  private static func draw(_ nodes: [Node], isSingle: Bool) -> Figure {
    var drawing = Drawing()
    for node in nodes {
      for parent in node.parents.sorted() {
        drawing.curve(from: (nodes[parent].x, nodes[parent].y + boxHeight), to: (node.x, node.y), .axis)
      }
    }

    for node in nodes {
      let title = "\(node.title), \(node.detail)"
      drawing.rectangle(
        x: node.x - boxWidth / 2, y: node.y, width: boxWidth, height: boxHeight, fill: .paper, radius: 3,
        outline: node.outline,
        title: title)
      // Bold letters are about a twelfth wider.
      let size = TextWidth.of(node.title, size: 11.5 * 1.08) <= boxWidth - 8 ? 11.5 : 10
      drawing.text(
        fitted(node.title, size * 1.08), x: node.x, y: node.y + 14.5, size: size, anchor: .middle, isBold: true)
      drawing.text(fitted(node.detail, 10), x: node.x, y: node.y + 27, size: 10, .quiet, anchor: .middle)
    }

    let height = (nodes.map(\.y).max() ?? 0) + boxHeight + 6
    let arrows = nodes.reduce(0) { $0 + $1.parents.count }
    return drawing.figure(
      width: ChartFrame.width, height: height, title: "Which stage reads whose output",
      summary: "\(nodes.count) \(isSingle ? "stage calls" : "stages"), \(arrows) connections.")
  }

  /// A text that is cut where a box ends.
  private static func fitted(_ text: String, _ size: Double) -> String {
    TextWidth.shortened(text, to: boxWidth - 8, size: size)
  }
}
