package import ArtifactStore
internal import Attestation
package import Core
internal import Foundation

/// The outcome of a pull.
package struct PullReport: Codable, Sendable {
  /// The remote's name.
  package var remote: String
  /// The outcome for the stage records.
  package var records = Admission()
  /// The outcome for each branch, which has the versions of a notebook.
  package var branches: [BranchAdmission] = []
  /// The number of new attestations.
  package var attestations = 0
  /// The number of records of earlier pulls that the policy lets look-ups find now, and did not before.
  package var released = 0
  /// The number of records of earlier pulls that the policy holds back now, and did not before.
  package var heldBack = 0
  /// All that was refused, records included.
  package var refused: [Refusal] = []
}

/// The outcome of a push.
package struct PushReport: Codable, Sendable {
  /// The outcome for the versions of a notebook.
  package struct Branch: Codable, Sendable {
    /// The states of a branch after a push.
    package enum State: String, Codable, Sendable {
      case new, advanced, upToDate, rejected
    }
    /// The notebook's name.
    package var notebook: String
    /// The branch's state at the remote.
    package var state: State
    /// The reason in git's words; `nil` unless it was rejected.
    package var reason: String?
  }

  /// The remote's name.
  package var remote: String
  /// True when the remote lacked records that it has now.
  package var sentRecords = false
  /// True when the remote lacked attestations that it has now.
  package var sentAttestations = false
  /// The outcome for each notebook.
  package var branches: [Branch] = []
  /// The number of times that another push came first and the records were merged again.
  package var merges = 0
}

/// An exchange of a store with a remote.
package struct Exchange {
  /// The most attempts of a push when others come first. Of those that push at the same instant one succeeds in each
  /// round, so this is also the greatest number of them that surely all do.
  private static let attempts = 200

  private let store: ArtifactStore
  private let project: Project
  private let remote: Remote
  private let git: GitTransport
  private let progress: (String) -> Void

  /// An exchange of a project's store with a remote.
  /// - Parameters:
  ///   - store: the project's store.
  ///   - project: the project that the store belongs to.
  ///   - remote: the other store.
  ///   - progress: called with a line for each step.
  package init(store: ArtifactStore, project: Project, remote: Remote, progress: @escaping (String) -> Void) {
    self.store = store
    self.project = project
    self.remote = remote
    git = GitTransport(repository: store.path)
    self.progress = progress
  }

  private static let records = "refs/colophon/records"
  private var incoming: String { "refs/colophon/incoming/\(remote.name)" }

  // MARK: Pull

  /// Fetches from the remote, checks everything, and admits what passes.
  /// - Parameters:
  ///   - notebooks: the notebooks whose versions are fetched; all when empty. Records are fetched in any case.
  ///   - allowedSigners: a file of allowed signers; the remote's, or git's, unless given.
  /// - Throws: ``OperationError`` when the remote is not reached or is no store. Refused records are no error.
  @discardableResult
  package func pull(notebooks: [String] = [], allowedSigners: String? = nil) throws -> PullReport {
    let operation = "pull from"
    progress("asking \(remote.name) (\(remote.url))")
    let there = try git.references(of: remote, for: operation)
    guard there[Self.records] != nil || there.keys.contains(where: { $0.hasPrefix("refs/colophon/") }) else {
      throw OperationError(
        operation: operation, subject: "\(remote.name) (\(remote.url))",
        reason: there.isEmpty ? "it is empty" : "it is no store of Colophon: it has no stage records",
        advice: there.isEmpty ? "push to it first" : "check the URL (`colophon remote list`)")
    }

    var map: [(from: String, to: String)] = []
    for name in ["records", "attestations"] where there["refs/colophon/\(name)"] != nil {
      map.append(("refs/colophon/\(name)", "\(incoming)/\(name)"))
    }
    if notebooks.isEmpty { map.append(("refs/heads/*", "\(incoming)/heads/*")) }
    for notebook in notebooks {
      let reference = try ArtifactStore.reference(ofNotebook: notebook)
      guard there[reference] != nil else {
        throw OperationError(
          operation: operation, subject: remote.name, reason: "it has no versions of \(notebook)",
          advice: "`colophon pull \(remote.name)` fetches everything that it has")
      }
      map.append((reference, "\(incoming)/heads/\(reference.dropFirst("refs/heads/".count))"))
    }

    // Refused objects are in packs that were not there before.
    let packs = store.packs
    AbandonedLocks.remove(in: store.path, passing: "refs/colophon/incoming/")
    defer { try? store.finishExchange(remote: remote.name) }
    progress("fetching")
    try git.fetch(map, from: remote, for: operation)

    let report = try admit(allowedSigners: allowedSigners)
    try store.finishExchange(remote: remote.name)
    if !report.refused.isEmpty { try store.discardRefused(besides: packs) }
    return report
  }

  /// Checks what was fetched, and admits what passes.
  private func admit(allowedSigners: String?) throws -> PullReport {
    var report = PullReport(remote: remote.name)
    if try store.has("\(incoming)/attestations") {
      let (added, refused) = try store.admitAttestations(from: "\(incoming)/attestations", limit: Attestation.limit) {
        bytes in
        do throws(OperationError) {
          _ = try Attestation(bytes: bytes, name: "it").signer(allowedSigners: nil)
          return nil
        } catch { return error.cause }
      }
      report.attestations = added
      report.refused += refused
    }

    // Attestations first: under one policy they decide which records are admitted.
    let isAdmitted = try admission(allowedSigners: allowedSigners)
    // Under the two policies that treat all records alike, earlier records change only when some are on the other side.
    let others = [Remote.Policy.trust: "withheld", .rerun: "pulled"][remote.policy]
    if try others.map({ try store.has("refs/colophon/\($0)/\(remote.name)") }) ?? true {
      let changed = try store.reconsider(remote: remote.name, isAdmitted: isAdmitted)
      (report.released, report.heldBack) = (changed.admitted, changed.withheld)
    }

    if try store.has("\(incoming)/records") {
      progress("checking the stage records")
      report.records = try store.admitRecords(from: "\(incoming)/records", remote: remote.name, isAdmitted: isAdmitted)
      {
        progress("checked \($0) records")
      }
      report.refused += report.records.refused
    }

    let (branches, refused) = try store.admitBranches(below: "\(incoming)/heads/", remote: remote.name)
    report.branches = branches
    report.refused += refused
    return report
  }

  /// A function that returns true for a record that the remote's policy admits.
  /// - Parameter allowedSigners: a file of allowed signers; the remote's, or git's, unless given.
  package func admission(allowedSigners: String? = nil) throws -> (StageRecord) -> Bool {
    switch remote.policy {
    case .trust: return { _ in true }
    case .rerun: return { _ in false }
    case .attested:
      let file = try Attestation.allowedSigners(allowedSigners ?? remote.allowedSigners, project: project.artifacts)
      if file == nil {
        progress(
          "no statements count: name known keys with --allowed-signers or in git's gpg.ssh.allowedSignersFile")
      }
      let all = try AttestationShelf(project: project, store: store).all { progress("\($0)") }
      let outputs = AttestedOutputs(all, allowedSigners: file) { progress("\($0)") }
      return { outputs.contains($0) }
    }
  }

  // MARK: Push

  /// Sends records, attestations and versions that the remote does not have. Nothing there is ever replaced: the
  /// records of both sides are united, and a notebook's branch only grows.
  /// - Parameter notebooks: the notebooks whose versions are sent; all when empty. Records are sent in any case.
  /// - Throws: ``OperationError`` when the remote is not reached, takes nothing, or is no store.
  @discardableResult
  package func push(notebooks: [String] = []) throws -> PushReport {
    var report = PushReport(remote: remote.name)
    let known = try store.notebooks()
    for name in notebooks where !known.contains(name) {
      throw OperationError(
        operation: "push", subject: name, reason: "it has no versions here",
        advice: known.isEmpty ? "run a notebook first" : "those with versions are \(known.joined(separator: ", "))")
    }

    var refused: [OperationError] = []
    let own = AttestationShelf(project: project, store: store).local { refused.append($0) }
    for error in refused { progress("\(error)") }
    try store.addAttestations(own.map(\.bytes))
    defer { try? store.finishExchange(remote: remote.name) }

    for attempt in 1... {
      progress(attempt == 1 ? "asking \(remote.name) (\(remote.url))" : "someone else pushed meanwhile: merging again")
      if try send(&report) { break }
      report.merges += 1
      guard attempt < Self.attempts else {
        throw OperationError(
          operation: "push to the remote", subject: remote.name, reason: "others pushed \(attempt) times meanwhile",
          advice: "try again")
      }
      // A random pause: two that collide do not collide again at once.
      Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.1) * Double(min(attempt, 20)))
    }

    report.branches = try sendBranches(notebooks.isEmpty ? known : notebooks)
    return report
  }

  /// Unites records and attestations with the remote's and sends them.
  /// - Returns: `false` when the remote has changed meanwhile.
  private func send(_ report: inout PushReport) throws -> Bool {
    AbandonedLocks.remove(in: store.path, passing: "refs/colophon/incoming/")
    if let folder = AbandonedLocks.folder(of: remote.url) { AbandonedLocks.remove(in: folder) }
    let there = try git.references(of: remote, for: "push to")
    if !there.isEmpty, !there.keys.contains(where: { $0.hasPrefix("refs/colophon/") }) {
      throw OperationError(
        operation: "push to the remote", subject: "\(remote.name) (\(remote.url))",
        reason: "it is a git repository of something else: it has branches and no stage records",
        advice: "push to an empty one: `git init --bare` makes it")
    }

    let names = ["records", "attestations"].filter { there["refs/colophon/\($0)"] != nil }
    try git.fetch(names.map { ("refs/colophon/\($0)", "\(incoming)/\($0)") }, from: remote, for: "push to")

    func tip(_ name: String) -> String? { names.contains(name) ? "\(incoming)/\(name)" : nil }
    var map: [(from: String, to: String)] = []
    let records = try store.prepareRecords(onto: tip("records"), remote: remote.name)
    if let records { map.append((records, Self.records)) }
    let attestations = try store.prepareAttestations(onto: tip("attestations"), remote: remote.name)
    if let attestations { map.append((attestations, ArtifactStore.attestations)) }

    progress(map.isEmpty ? "\(remote.name) has all records" : "sending records")
    for result in try git.push(map, to: remote) where result.isRejected {
      // Another push came first, or has the reference's lock just now.
      if ["fetch first", "non-fast-forward", "stale info", "incorrect old value"].contains(
        where: result.summary.contains)
        || result.isLocked
      {
        return false
      }
      throw OperationError(
        operation: "push to the remote", subject: "\(remote.name) (\(remote.url))", reason: result.summary,
        advice: "check that you may write there")
    }

    if records != nil {
      report.sentRecords = true
      try store.finishExchange(remote: remote.name, pushed: true)
    }
    if attestations != nil { report.sentAttestations = true }
    return true
  }

  /// Sends the versions of notebooks; one that the remote rejects is no error.
  private func sendBranches(_ notebooks: [String]) throws -> [PushReport.Branch] {
    guard !notebooks.isEmpty else { return [] }
    progress("sending versions")
    let names = Dictionary(
      try notebooks.map { (try ArtifactStore.reference(ofNotebook: $0), $0) }, uniquingKeysWith: { first, _ in first })
    let map = names.keys.sorted().map { (from: $0, to: $0) }
    var results = try git.push(map, to: remote)

    // Another process may hold a reference's lock for a moment, or have left it when it was killed.
    for attempt in 1...5 where results.contains(where: \.isLocked) {
      Thread.sleep(forTimeInterval: 0.3 * Double(attempt))
      if let folder = AbandonedLocks.folder(of: remote.url) { AbandonedLocks.remove(in: folder) }
      results = try git.push(map, to: remote)
    }

    // A collection has cut their histories here, and the remote has not even what is left.
    let shortened = Set(results.filter(\.isShortened).map(\.reference))
    let cut = map.filter { shortened.contains($0.to) }
    if !cut.isEmpty, let again = try? git.push(cut, to: remote, isShortened: true) {
      results = results.filter { !shortened.contains($0.reference) } + again
    }

    return results.compactMap { result in
      guard let notebook = names[result.reference] else { return nil }
      let state: PushReport.Branch.State =
        result.isRejected
        ? .rejected : result.summary == "[new branch]" ? .new : result.summary == "[up to date]" ? .upToDate : .advanced
      return PushReport.Branch(notebook: notebook, state: state, reason: result.isRejected ? result.summary : nil)
    }
  }
}
