internal import Core
internal import NotebookRuntime

/// The way from a stage that runs again to the first cause: from each stage to the input that changed, and from there
/// to the stage that made it.
struct CauseChain {
  /// A stage on the way.
  private struct Link {
    var stage: String
    /// The change that made it run.
    var change: String
    /// True when the change is an output of another stage, the next link.
    var isInput: Bool
  }

  private var links: [Link] = []
  private var isFinished = false

  /// Takes the changes of the next stage. The way ends at the first stage with a change that is not an output of
  /// another one.
  /// - Parameters:
  ///   - changes: the changed components of the stage's key.
  ///   - stage: the stage's name.
  ///   - age: the time since a changed file was written, in words; `nil` when it is not known.
  mutating func take(_ changes: [KeyChange], of stage: String, age: (KeyChange) -> String? = { _ in nil }) {
    guard !isFinished, !changes.isEmpty else { return }
    // A change of its own explains a run better than a changed input.
    if let own = changes.first(where: { $0.kind != .artifact }) {
      let age = age(own).map { ", \($0)" } ?? ""
      links.append(Link(stage: stage, change: own.summary + age, isInput: false))
      isFinished = true
    } else if let input = changes.first {
      links.append(Link(stage: stage, change: input.summary, isInput: true))
    }
  }

  /// Takes a stage without changes of which an input may change.
  mutating func pass(_ stage: String, input: String) {
    guard !isFinished else { return }
    links.append(Link(stage: stage, change: "\(input) may change", isInput: true))
  }

  /// The sentence with all causes: “`Curate` would run because `Metadata` changed because file data.noun changed,
  /// 3 days ago”; `nil` when no cause is known.
  /// - Parameter beginning: the fact that the causes explain.
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
  /// A changed component. Contents are shown by digest, other values as they are.
  init(_ change: KeyChange, stage: String) {
    let showsDigest = [.artifact, .file, .folder, .code].contains(change.kind)
    self.init(
      stage: stage, component: change.name, kind: change.kind,
      old: change.old.map { showsDigest ? $0.digest.short : $0.display },
      new: change.new.map { showsDigest ? $0.digest.short : $0.display }, summary: change.summary)
  }
}
