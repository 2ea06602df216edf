internal import ArgumentParser
internal import ArtifactStore
internal import Core
internal import Driver
internal import Foundation
internal import Remotes

extension ProjectOptions {
  /// The project, for a command that may come before the first run.
  func begun() throws -> Project {
    let project =
      project.map { Project(root: URL(fileURLWithPath: $0).standardizedFileURL.path) } ?? Project(containing: "./x")
    let marks = [project.store, project.cache, project.artifacts, project.root + "/Package.swift"]
    guard marks.contains(where: FileManager.default.fileExists) else {
      throw OperationError(
        operation: "find the project", subject: project.root, reason: "it has no Artifacts folder",
        advice: "create one, or name the project with --project")
    }
    return project
  }

  /// An exchange with the remote of a name; without a name with the only remote.
  func exchange(_ name: String?) throws -> (exchange: Exchange, remote: Remote) {
    let project = try begun()
    let store = try ArtifactStore(project: project) { Terminal.error($0) }
    let remote = try RemoteList(store: project.store).remote(named: name)
    let exchange = Exchange(store: store, project: project, remote: remote) { Terminal.error($0) }
    return (exchange, remote)
  }

  /// The lock for pull, push, gc and fsck; waits until it is free.
  func upkeepLock() throws -> UpkeepLock {
    try UpkeepLock(project: begun()) {
      Terminal.error("waiting for another pull, push, gc or fsck in this project to end")
    }
  }
}

extension Remote.Policy: ExpressibleByArgument {}

struct RemoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote", abstract: "Name the stores that this project exchanges results with.",
    discussion: """
      `colophon remote add lab ssh://lab.example.org/srv/store.git --policy attested` names an empty bare \
      repository, or a store, that several push to and pull from; it may be any URL of git's, or a folder. `colophon \
      remote list` shows all, `colophon remote policy lab trust` changes which of its results are taken, `colophon \
      remote remove lab` forgets it and the results that were pulled from it.

      Policies: trust takes every result that passes the checks of pull; attested takes those with an output that is \
      in a statement signed by a known key (`colophon help attestations`); rerun takes none: stages run here, and \
      their outputs are compared.
      """,
    subcommands: [Add.self, List.self, Policy.self, Remove.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Name a store.")

    @Argument(help: "The name: letters, digits, “-” and “_”.") var name: String
    @Argument(help: "A folder, or a URL as git takes it.") var url: String
    @Option(name: .long, help: "Which of its results are taken: trust, attested or rerun.") var policy = Remote.Policy
      .trust
    @Option(
      name: .long, help: "A file of known keys, as of ssh-keygen(1); git's gpg.ssh.allowedSignersFile unless given.")
    var allowedSigners: String?
    @OptionGroup var project: ProjectOptions

    func run() throws {
      let project = try project.begun()
      _ = try ArtifactStore(project: project) { Terminal.error($0) }
      try RemoteList(store: project.store).add(
        Remote(name: name, url: url, policy: policy, allowedSigners: allowedSigners))
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the stores that have names.")

    @Flag(name: .long, help: "Print JSON.") var json = false
    @OptionGroup var project: ProjectOptions

    func run() throws {
      let all = try RemoteList(store: project.found().store).all()
      if json { return try Terminal.print(json: all) }
      guard !all.isEmpty else { return Terminal.error("there are no remotes: `colophon remote add NAME URL` adds one") }
      Terminal.print(Terminal.table(all.map { [$0.name, $0.policy.rawValue, $0.url] }))
    }
  }

  struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "policy", abstract: "Change which of a store's results are taken, those pulled before included.")

    @Argument(help: "The store's name.") var name: String
    @Argument(help: "trust, attested or rerun.") var policy: Remote.Policy
    @Option(name: .long, help: "A file of known keys, as of ssh-keygen(1).") var allowedSigners: String?
    @OptionGroup var project: ProjectOptions

    func run() throws {
      let found = try project.found()
      let lock = try project.upkeepLock()
      defer { _ = lock }
      let list = RemoteList(store: found.store)
      _ = try list.remote(named: name)
      try list.set(policy, allowedSigners: allowedSigners, of: name)
      let store = try project.store()
      let exchange = Exchange(store: store, project: found, remote: try list.remote(named: name)) {
        Terminal.error($0)
      }
      let changed = try store.reconsider(remote: name, isAdmitted: try exchange.admission())
      if changed.admitted > 0 { Terminal.error("\(changed.admitted) records of \(name) are found from now on") }
      if changed.withheld > 0 { Terminal.error("\(changed.withheld) records of \(name) are held back from now on") }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Forget a store, and the results that were pulled from it.")

    @Argument(help: "The store's name.") var name: String
    @OptionGroup var project: ProjectOptions

    func run() throws {
      let found = try project.found()
      let lock = try project.upkeepLock()
      defer { _ = lock }
      let list = RemoteList(store: found.store)
      _ = try list.remote(named: name)
      try project.store().forget(remote: name)
      try list.remove(name)
    }
  }
}

struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch results and versions from another store: a colleague's runs become cache hits.",
    discussion: """
      `colophon pull` exchanges with the only remote, `colophon pull lab worldwide` with lab, and fetches only the \
      versions of worldwide. Everything is checked before it is taken in: records must decode, their keys must be \
      the digests of what they list, and every output must hash to the digest that is given for it. What does not \
      pass is refused and named, the rest is taken in; exit status 1 when anything was refused.

      A notebook's branch moves to the remote's version if it has no own versions after it. Branches that have \
      diverged stay unchanged: `colophon log worldwide lab/worldwide` lists the versions of both sides, `colophon show \
      lab/worldwide` shows the other side's. The next run of a notebook that follows both joins them; `colophon help \
      resolve` says how to do it without a run.
      """)

  @Argument(help: "The remote's name; the only one unless given.") var remote: String?
  @Argument(help: "Notebooks whose versions are fetched; all unless given.") var notebooks: [String] = []
  @Option(name: .long, help: "A file of known keys, for the policy “attested”.") var allowedSigners: String?
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let lock = try project.upkeepLock()
    defer { _ = lock }
    let (exchange, remote) = try project.exchange(remote)
    let report = try exchange.pull(notebooks: names(), allowedSigners: allowedSigners)
    for refusal in report.refused { Terminal.error("\(refusal)") }
    if json { try Terminal.print(json: report) } else { describe(report, remote) }
    if !report.refused.isEmpty { throw ExitCode(1) }
  }

  private func names() throws -> [String] {
    let project = try project.begun()
    return notebooks.map { NotebookName.name(of: $0, in: project) { _ in false } }
  }

  private func describe(_ report: PullReport, _ remote: Remote) {
    let records = report.records
    var lines = ["\(records.admitted) new results, \(records.known) known"]
    if records.withheld > 0 {
      lines.append(
        "\(records.withheld) results are held back: the policy of \(remote.name) is \(remote.policy.rawValue)")
    }
    if records.differing > 0 {
      lines.append("\(records.differing) results differ from what this store computed, which stays")
    }

    if report.released > 0 { lines.append("\(report.released) results that were held back are found now") }
    if report.heldBack > 0 { lines.append("\(report.heldBack) results that were found are held back now") }
    if report.attestations > 0 { lines.append("\(report.attestations) new attestations") }

    for branch in report.branches where branch.state != .upToDate {
      let name = "\(remote.name)/\(branch.notebook)"
      switch branch.state {
      case .diverged:
        lines.append(
          """
          \(branch.notebook) has diverged: `colophon log \(branch.notebook) \(name)` lists the versions of both. The \
          next run that follows both joins them; or choose, as `colophon help resolve` explains
          """)
      case .joined:
        lines.append(
          """
          \(branch.notebook) had the same results here and at \(remote.name), which are joined: `colophon push` sends \
          the joint version
          """)
      case .ahead:
        lines.append("\(branch.notebook) has versions that \(remote.name) does not have: `colophon push` sends them")
      case .new: lines.append("\(branch.notebook) is new")
      case .advanced: lines.append("\(branch.notebook) moved to \(branch.commit.hexadecimal.prefix(10))")
      case .upToDate: break
      }
    }
    if !report.refused.isEmpty { lines.append("\(report.refused.count) refused") }
    Terminal.tell(lines.joined(separator: "\n"))
  }
}

struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Send results, versions and attestations to another store.",
    discussion: """
      `colophon push` sends to the only remote, `colophon push lab worldwide` sends all results to lab, and only the \
      versions of worldwide. Nothing there is ever replaced: results of all who push are united, and a notebook's \
      branch only grows. Exit status 1 when a branch was rejected because the remote has versions that are missing \
      here: pull; run the notebook when it follows both, or choose (`colophon help resolve`); and push again.
      """)

  @Argument(help: "The remote's name; the only one unless given.") var remote: String?
  @Argument(help: "Notebooks whose versions are sent; all unless given.") var notebooks: [String] = []
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let found = try project.found()
    let lock = try project.upkeepLock()
    defer { _ = lock }
    let (exchange, remote) = try project.exchange(remote)
    let report = try exchange.push(notebooks: notebooks.map { NotebookName.name(of: $0, in: found) { _ in false } })

    if json {
      try Terminal.print(json: report)
    } else {
      var lines = [report.sentRecords ? "results sent" : "\(remote.name) has all results"]
      if report.sentAttestations { lines.append("attestations sent") }
      for branch in report.branches where branch.state != .upToDate {
        lines.append(
          "\(branch.notebook): \(branch.state == .new ? "new" : branch.state == .advanced ? "advanced" : "rejected")")
      }
      Terminal.tell(lines.joined(separator: "\n"))
    }

    let rejected = report.branches.filter { $0.state == .rejected }
    for branch in rejected {
      guard !(branch.reason ?? "").contains("shallow") else {
        Terminal.error(
          "\(branch.notebook) is rejected: its history was cut by gc, and \(remote.name) does not take it. "
            + "`git config receive.shallowUpdate true` in the remote's repository allows it")
        continue
      }
      Terminal.error(
        "\(branch.notebook) is rejected: \(branch.reason ?? "") — \(remote.name) has versions that are missing here. "
          + "`colophon pull \(remote.name)` fetches them to \(remote.name)/\(branch.notebook), and says how to join "
          + "both; nothing was forced")
    }
    if !rejected.isEmpty { throw ExitCode(1) }
  }
}
