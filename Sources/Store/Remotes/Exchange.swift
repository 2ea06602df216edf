package import ArtifactStore
internal import Attestation
internal import Core
internal import Foundation

/// What a pull brought.
package struct PullReport: Codable, Sendable {
  package var remote: String
  package var records = Admission()
  package var branches: [BranchAdmission] = []
  /// How many attestations were new.
  package var attestations = 0
  /// Records that the policy lets look-ups find now, and those that it holds back now, though they came before.
  package var released = 0
  package var heldBack = 0
  /// All that was refused, records included.
  package var refused: [Refusal] = []
}

/// What a push sent.
package struct PushReport: Codable, Sendable {
  package struct Branch: Codable, Sendable {
    package enum State: String, Codable, Sendable {
      case new, advanced, upToDate, rejected
    }
    package var notebook: String
    package var state: State
    /// In git's words, when it was rejected.
    package var reason: String?
  }

  package var remote: String
  /// Whether the remote lacked records that it has now.
  package var sentRecords = false
  package var sentAttestations = false
  package var branches: [Branch] = []
  /// How many times others pushed meanwhile and the records were merged again.
  package var merges = 0
}

/// An exchange of a store with a remote.
package struct Exchange {
  /// How often a push that met another is tried.
  private static let attempts = 20

  private let store: ArtifactStore
  private let artifacts: String
  private let remote: Remote
  private let git: GitTransport
  private let progress: (String) -> Void

  /// - Parameters:
  ///   - artifacts: the folder with a folder for each notebook, and `store.git`.
  ///   - progress: is told what is being done.
  package init(store: ArtifactStore, artifacts: String, remote: Remote, progress: @escaping (String) -> Void) {
    self.store = store
    self.artifacts = artifacts
    self.remote = remote
    git = GitTransport(repository: store.path)
    self.progress = progress
  }

  private static let records = "refs/colophon/records"
  private var incoming: String { "refs/colophon/incoming/\(remote.name)" }

  // MARK: Pull

  /// Brings in what the remote has, checks all of it, and takes in what passes.
  /// - Parameters:
  ///   - notebooks: whose versions come along; all when empty. Records come in any case.
  ///   - allowedSigners: a file of allowed signers; the remote's, or git's, unless given.
  /// - Throws: ``OperationError`` when the remote is not reached or no store.
  @discardableResult
  package func pull(notebooks: [String] = [], allowedSigners: String? = nil) throws -> PullReport {
    let operation = "pull from"
    progress("asking \(remote.name) (\(remote.url))")
    let there = try git.references(of: remote, for: operation)
    guard there[Self.records] != nil || there.keys.contains(where: { $0.hasPrefix("refs/colophon/") }) else {
      throw OperationError(
        operation: operation, subject: "\(remote.name) (\(remote.url))",
        reason: there.isEmpty ? "it is empty" : "it is no store of Colophon: it has no stage records",
        advice: there.isEmpty ? "nobody has pushed to it yet" : "check the URL (`colophon remote list`)")
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
          advice: "`colophon pull \(remote.name)` brings in all that it has")
      }
      map.append((reference, "\(incoming)/heads/\(reference.dropFirst("refs/heads/".count))"))
    }
    let packs = store.packs
    AbandonedLocks.remove(in: store.path, passing: "refs/colophon/incoming/")
    defer { try? store.finishExchange(remote: remote.name) }
    progress("fetching")
    try git.fetch(map, from: remote, for: operation)
    let report = try takeIn(allowedSigners: allowedSigners)
    try store.finishExchange(remote: remote.name)
    if !report.refused.isEmpty { try store.discardRefused(besides: packs) }
    return report
  }

  private func takeIn(allowedSigners: String?) throws -> PullReport {
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
    let isAdmitted = try admission(allowedSigners: allowedSigners)
    // Under the two policies that are the same for all records there is nothing to do when no record is on the other side.
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

  /// The remote's policy as a question about one record.
  package func admission(allowedSigners: String? = nil) throws -> (StageRecord) -> Bool {
    switch remote.policy {
    case .trust: return { _ in true }
    case .rerun: return { _ in false }
    case .attested:
      let file = try Attestation.allowedSigners(allowedSigners ?? remote.allowedSigners, project: artifacts)
      if file == nil {
        progress(
          "nobody's statements count: name known keys with --allowed-signers or in git's gpg.ssh.allowedSignersFile")
      }
      let all = try AttestationShelf(artifacts: artifacts, store: store).all { progress("\($0)") }
      let outputs = AttestedOutputs(all, allowedSigners: file) { progress("\($0)") }
      return { outputs.contains($0) }
    }
  }

  // MARK: Push

  /// Sends records, attestations and versions that the remote does not have. Nothing there is ever replaced: records of both sides
  /// are united, and a notebook's branch only goes on.
  /// - Parameter notebooks: whose versions are sent; all when empty. Records are sent in any case.
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
    let own = AttestationShelf(artifacts: artifacts, store: store).local { refused.append($0) }
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
      Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.1) * Double(attempt))
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
      // Another push came first, or holds the reference's lock just now.
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

  private func sendBranches(_ notebooks: [String]) throws -> [PushReport.Branch] {
    guard !notebooks.isEmpty else { return [] }
    progress("sending versions")
    let names = Dictionary(
      try notebooks.map { (try ArtifactStore.reference(ofNotebook: $0), $0) }, uniquingKeysWith: { first, _ in first })
    let map = names.keys.sorted().map { (from: $0, to: $0) }
    var results = try git.push(map, to: remote)
    for attempt in 1...5 where results.contains(where: \.isLocked) {
      Thread.sleep(forTimeInterval: 0.3 * Double(attempt))
      if let folder = AbandonedLocks.folder(of: remote.url) { AbandonedLocks.remove(in: folder) }
      results = try git.push(map, to: remote)
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
