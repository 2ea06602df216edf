internal import Core
internal import NotebookRuntime

/// The way from a stage that runs again to the first cause: from each stage to the input that changed, and to the stage that made it.
struct CauseChain {
  private var links: [(stage: String, change: String, isInput: Bool)] = []
  private var isFinished = false

  /// Takes the changes of the next stage on the way; the first that is no output of another stage is where it ends.
  /// - Parameter age: when a changed file was changed, in words, for a change of this place in `changes`.
  mutating func take(_ changes: [KeyChange], of stage: String, age: (KeyChange) -> String? = { _ in nil }) {
    guard !isFinished, !changes.isEmpty else { return }
    // A change of its own explains a run better than what came in.
    if let own = changes.first(where: { $0.kind != .artifact }) {
      links.append((stage, own.summary + (age(own).map { ", \($0)" } ?? ""), false))
      isFinished = true
    } else if let input = changes.first {
      links.append((stage, input.summary, true))
    }
  }

  /// Takes a stage whose inputs may come out differently.
  mutating func pass(_ stage: String, input: String) {
    guard !isFinished else { return }
    links.append((stage, "\(input) may change", true))
  }

  /// “`Curate` would run because `Metadata` changed because file data.noun changed, 3 days ago”; `nil` when no cause is known.
  /// - Parameter beginning: what the causes explain.
  func sentence(_ beginning: String) -> String? {
    guard !links.isEmpty else { return nil }
    var text = beginning
    for (position, link) in links.enumerated() {
      let isLast = position + 1 == links.count
      text += link.isInput && !isLast ? " because \(links[position + 1].stage) changed" : " because \(link.change)"
    }
    return text
  }
}

extension WhyAnswer.Cause {
  init(_ change: KeyChange, stage: String) {
    let showsDigest = change.kind == .artifact || change.kind == .file || change.kind == .folder || change.kind == .code
    self.init(
      stage: stage, component: change.name, kind: change.kind,
      old: change.old.map { showsDigest ? $0.digest.short : $0.display },
      new: change.new.map { showsDigest ? $0.digest.short : $0.display }, summary: change.summary)
  }
}
