internal import ArgumentParser
internal import ArtifactStore
internal import Core
internal import Driver
internal import Foundation

/// Settles versions that have gone different ways, without a run.
struct ResolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Settle versions that have gone different ways here and at a remote.",
    discussion: """
      After a pull, a notebook may have versions here that the remote does not have, and the other way round. A run of \
      the merged notebook joins them by itself. Without one, `colophon resolve worldwide lab --theirs` makes a version \
      with the artifacts of lab, `--ours` one with those here; either comes after both, so that nothing is lost and \
      push goes through. `colophon resolve worldwide --both mine` keeps the versions here under the name mine, and \
      goes on with the remote's under the notebook's name.

      Only versions change: the notebook, its report and its lock stay as they are. `colophon log worldwide \
      lab/worldwide` lists the versions of both sides.
      """)

  @Argument(help: "The notebook's path, or a name.") var notebook: String
  @Argument(help: "The remote's name; the only one with other versions unless given.") var remote: String?
  @Flag(name: .long, help: "Keep the artifacts of the newest version here.") var ours = false
  @Flag(name: .long, help: "Take the artifacts of the remote's newest version.") var theirs = false
  @Option(name: .long, help: ArgumentHelp("Keep both: the versions here under this name.", valueName: "name"))
  var both: String?
  @OptionGroup var project: ProjectOptions

  func validate() throws {
    guard (ours ? 1 : 0) + (theirs ? 1 : 0) + (both == nil ? 0 : 1) == 1 else {
      throw ValidationError("choose one of --ours, --theirs and --both NAME")
    }
    if let both, let fault = NotebookOptions.fault(inName: both) { throw ValidationError("--both takes \(fault)") }
  }

  func run() throws {
    let found = try project.found()
    let lock = try project.upkeepLock()
    defer { _ = lock }
    let store = try project.store()
    let known = try store.notebooks()
    let name = NotebookName.name(of: notebook, in: found) { known.contains($0) }
    let divergence = try choose(among: store.divergences(of: name), name)

    guard let both else {
      let version = try store.join(name, divergence, keeping: ours ? .ours : .theirs)
      let side = ours ? "that were here" : "of \(divergence.remote)"
      Terminal.tell("\(version.hexadecimal.prefix(10)) comes after both, with the artifacts \(side)")
      if theirs { Terminal.error("the notebook and Artifacts/\(name) are as they were: merge them in git") }
      return
    }
    guard !known.contains(both) else {
      throw OperationError(
        operation: "keep both under names", subject: both, reason: "there are versions of that name",
        advice: "choose another name")
    }
    try store.keepBoth(name, divergence, as: both)
    Terminal.tell("\(both) has the versions that were here, \(name) those of \(divergence.remote)")
    Terminal.error("a run with --output \(both) goes on with yours")
  }

  private func choose(among divergences: [Divergence], _ name: String) throws -> Divergence {
    let wanted = divergences.filter { remote == nil || $0.remote == remote }
    if wanted.count == 1 { return wanted[0] }
    let remotes = divergences.map(\.remote).joined(separator: ", ")
    throw OperationError(
      operation: "resolve the versions of", subject: name,
      reason: wanted.isEmpty
        ? "they have not gone another way than those of \(remote ?? "any remote"), as the last pull found them"
        : "there are other versions at \(remotes)",
      advice: wanted.isEmpty ? "`colophon pull` brings what is new" : "name one of them")
  }
}
