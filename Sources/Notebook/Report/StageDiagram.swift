internal import Charts
internal import Core
internal import TextFormatting

/// Draws which stage's output went into which other.
///
/// Stages stand in rows below everything that they read; an arrow is a digest that is one call's output and another's input. Where
/// there are more calls than a drawing can hold, a box stands for all calls of a stage.
struct StageDiagram {
  private struct Node {
    var title: String
    var detail: String
    var outline: ChartStyle.Ink
    var parents: Set<Int> = []
    var layer = 0
    var x = 0.0
    var y = 0.0
  }

  private static let callLimit = 24
  private static let columns = 4
  private static let boxWidth = 111.0
  private static let boxHeight = 34.0
  private static let gap = 10.0
  private static let rowGap = 28.0

  /// The drawing; `nil` when no stage reads another's output.
  static func figure(_ ledger: StageLedger) -> Figure? {
    let isSingle = ledger.calls.count <= callLimit
    guard isSingle || ledger.groups.count <= 60 else { return nil }
    var nodes = isSingle ? callNodes(ledger) : groupNodes(ledger)
    guard nodes.contains(where: { !$0.parents.isEmpty }) else { return nil }
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
      return Node(
        title: call.stage, detail: detail, outline: outline, parents: parents(of: call, before: index, ledger))
    }
  }

  private static func groupNodes(_ ledger: StageLedger) -> [Node] {
    var groupOf: [Int: Int] = [:]
    for (number, group) in ledger.groups.enumerated() { for call in group.calls { groupOf[call] = number } }
    return ledger.groups.enumerated().map { number, group in
      var parents: Set<Int> = []
      for call in group.calls {
        parents.formUnion(Self.parents(of: ledger.calls[call], before: call, ledger).compactMap { groupOf[$0] })
      }
      let outline: ChartStyle.Ink = group.failed > 0 ? .reference : group.ran > 0 ? .category(2) : .axis
      // Stages that feed each other are one knot: only the arrows that point down are drawn.
      return Node(
        title: group.stage, detail: "\(NumberText.integer(group.calls.count)) call\(group.calls.count == 1 ? "" : "s")",
        outline: outline,
        parents: parents.filter { $0 < number })
    }
  }

  /// The calls whose output this one reads, all of them earlier ones.
  private static func parents(of call: StageOutcome, before index: Int, _ ledger: StageLedger) -> Set<Int> {
    Set(
      call.components.lazy.filter { $0.kind == .artifact }.compactMap { ledger.makers[$0.digest] }.filter { $0 < index }
    )
  }

  /// Gives every node a layer below its parents', and a place that is near theirs.
  private static func arrange(_ nodes: inout [Node]) {
    for index in nodes.indices { nodes[index].layer = (nodes[index].parents.map { nodes[$0].layer }.max() ?? -1) + 1 }
    // What reads nothing stands right above its first reader.
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

  private static func fitted(_ text: String, _ size: Double) -> String {
    TextWidth.shortened(text, to: boxWidth - 8, size: size)
  }
}
