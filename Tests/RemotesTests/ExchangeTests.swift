import ArtifactStore
import Attestation
import Core
import Foundation
import Processes
import Remotes
import Testing

/// Push and pull between projects through a bare repository, with the git command.
@Suite struct ExchangeTests {
  @Test
  func `After a pull a colleague's outputs are found, of every length, and their origin is known also to a new index`()
    throws
  {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let lengths = [0, 10, 5000, 1 << 20, 1 << 20 + 1, 3_000_000]
    let records = try lengths.map { try ada.store.save("\($0)", someBytes($0, UInt64($0))) }
    try ada.store.version("demo", "V", someBytes(2_000_000, 7))
    let sent = try ada.exchange().push()
    #expect(sent.sentRecords && sent.branches.map(\.state) == [.new])
    let report = try bob.exchange().pull()
    #expect(report.records.admitted == lengths.count + 1 && report.refused.isEmpty)
    #expect(report.branches.map(\.state) == [.new])
    for store in [bob.store, try bob.reopened()] {
      for (record, length) in zip(records, lengths) {
        #expect(try store.load(record.key) == someBytes(length, UInt64(length)))
        #expect(try store.origins(of: [record.key])[record.key] == RecordOrigin(remote: "hub", state: .pulled))
      }
      #expect(try store.log(notebook: "demo").count == 1 && store.log(notebook: "hub/demo").count == 1)
      #expect(try store.artifacts(at: "hub/demo").map(\.name) == ["V"])
    }
    #expect(try bob.faults().isEmpty && ada.faults().isEmpty)
    let again = try bob.exchange().pull()
    #expect(again.records.admitted == 0 && again.branches.map(\.state) == [.upToDate])
    #expect(try ada.exchange().push().sentRecords == false)
    #expect(try ada.store.origins(of: records.map(\.key)).isEmpty)
  }

  @Test func `Records of both sides are united, in whatever order they push, and come back to each`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let first = try ada.store.save("a", [1])
    let second = try bob.store.save("b", [2])
    try ada.exchange().push()
    try bob.exchange().push()
    #expect(try ada.exchange().pull().records.admitted == 1)
    #expect(try bob.exchange().pull().records.admitted == 1)
    for site in [ada, bob] {
      #expect(try site.store.load(first.key) == [1] && site.store.load(second.key) == [2])
    }
    #expect(try ToolRun("git", ["--git-dir", hub.path, "fsck", "--strict"]).succeeded)
  }

  @Test func `Pushes of many at the same instant all arrive, none twice`() async throws {
    let hub = try Hub()
    let sites = try (0..<12).map { number in
      let site = try hub.site()
      try site.store.version("own \(number)", "A", [UInt8(number)], time: 1)
      try site.store.version("same", "A", [1], time: 1)
      return site
    }

    // Each in a thread of its own: they wait for processes of git, and there are fewer threads for tasks than pushes.
    let roots = sites.map(\.root)
    let states = try await withThrowingTaskGroup(of: [PushReport.Branch.State].self) { group in
      for root in roots {
        group.addTask {
          try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
              continuation.resume(
                with: Result {
                  let project = Project(root: root)
                  let store = try ArtifactStore(project: project)
                  let remote = try RemoteList(store: project.store).remote(named: nil)
                  let exchange = Exchange(store: store, project: project, remote: remote) { _ in }
                  return try exchange.push().branches.map(\.state)
                })
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(states.count == 2 * sites.count && !states.contains(.rejected))

    let reader = try hub.site()
    let pulled = try reader.exchange().pull()
    #expect(pulled.records.admitted == sites.count + 1 && pulled.records.known == 0 && pulled.refused.isEmpty)
    #expect(try reader.store.notebooks().count == sites.count + 1)
    for name in try reader.store.notebooks() { #expect(try reader.store.history(notebook: name).count == 1, "\(name)") }
    let names = try ToolRun("git", ["--git-dir", hub.path, "ls-tree", "--name-only", "refs/colophon/records"]).text
      .split(separator: "\n").filter { $0.hasSuffix(".jsonl") }
    #expect(names.count == sites.count + 1)
    #expect(Set(names).count == names.count)
    #expect(try ToolRun("git", ["--git-dir", hub.path, "fsck", "--strict"]).succeeded && reader.faults().isEmpty)
  }

  @Test func `Branches go on, diverge and are ahead as git's do, and nothing is forced`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    try ada.store.version("n", "A", [1], time: 1)
    try ada.exchange().push()
    try bob.exchange().pull()
    let theirs = try ada.store.version("n", "A", [2], time: 2)
    try ada.exchange().push()
    let advanced = try bob.exchange().pull()
    #expect(advanced.branches.map(\.state) == [.advanced])
    #expect(try bob.store.log(notebook: "n").first?.id == theirs)
    let mine = try bob.store.version("n", "A", [3], time: 3)
    #expect(try bob.exchange().pull().branches.map(\.state) == [.ahead])
    let other = try ada.store.version("n", "A", [4], time: 4)
    #expect(try ada.exchange().push().branches.map(\.state) == [.advanced])
    let rejected = try bob.exchange().push()
    #expect(rejected.branches.map(\.state) == [.rejected] && rejected.sentRecords)
    #expect(try bob.exchange().pull().branches.map(\.state) == [.diverged])
    #expect(try bob.store.log(notebook: "n").first?.id == mine)
    #expect(try bob.store.log(notebook: "hub/n").first?.id == other)
    #expect(try bob.store.artifacts(at: "hub/n~1").count == 1)
  }

  @Test func `Only the notebooks that are named travel`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    for name in ["日本語", "a b/c", "x.lock", "-dash", "ß ½"] { try ada.store.version(name, "A", Array(name.utf8)) }
    #expect(try ada.exchange().push(notebooks: ["日本語", "a b/c"]).branches.count == 2)
    #expect(try ada.exchange().push().branches.count == 5)
    #expect(try bob.exchange().pull(notebooks: ["-dash"]).branches.map(\.notebook) == ["-dash"])
    #expect(try bob.store.notebooks() == ["-dash"])
    #expect(throws: OperationError.self) { try bob.exchange().pull(notebooks: ["none"]) }
    #expect(throws: OperationError.self) { try bob.exchange().push(notebooks: ["none"]) }
    #expect(try Set(bob.exchange().pull().branches.map(\.notebook)) == ["日本語", "a b/c", "x.lock", "-dash", "ß ½"])
  }

  @Test func `What was computed here stays, whatever a remote says`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let record = try ada.store.save("same", [1], started: 9000)
    try bob.store.save("same", [2], started: 1000)
    try ada.exchange().push()
    #expect(try bob.exchange().pull().records.differing == 1)
    for store in [bob.store, try bob.reopened()] { #expect(try store.load(record.key) == [2]) }
    // The other way round: what was pulled first gives way to what is computed here.
    let cleo = try hub.site()
    try cleo.exchange().pull()
    #expect(try cleo.store.load(record.key) == [1])
    try cleo.store.save("same", [3], started: 1)
    try cleo.store.flush()
    for store in [cleo.store, try cleo.reopened()] { #expect(try store.load(record.key) == [3]) }
  }

  @Test func `Records of a remote to be executed again are no hits, and what is made here confirms them or differs`()
    throws
  {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site(.rerun))
    let (same, other) = (try ada.store.save("same", [1]), try ada.store.save("other", [2]))
    try ada.exchange().push()
    let report = try bob.exchange().pull()
    #expect(report.records.admitted == 0 && report.records.withheld == 2)
    #expect(try bob.store.lookup([same.key, other.key]).isEmpty)
    #expect(try bob.store.origins(of: [same.key])[same.key]?.state == .withheld)
    try bob.store.save("same", [1])
    try bob.store.save("other", [3])
    #expect(bob.reports.contains { $0.contains("confirmed") } && bob.reports.contains { $0.contains("but hub has") })
    try bob.store.flush()
    for store in [bob.store, try bob.reopened()] {
      #expect(try store.origins(of: [same.key])[same.key]?.state == .confirmed)
      #expect(try store.origins(of: [other.key])[other.key]?.state == .differs)
    }
    // A change of the policy counts for what is here already.
    let cleo = try hub.site(.rerun)
    try cleo.exchange().pull()
    try cleo.remotes.set(.trust, allowedSigners: nil, of: "hub")
    #expect(try cleo.exchange().pull().released == 2)
    #expect(try cleo.store.load(same.key) == [1])
    try cleo.remotes.set(.rerun, allowedSigners: nil, of: "hub")
    #expect(try cleo.exchange().pull().heldBack == 2)
    #expect(try cleo.store.load(same.key) == nil && cleo.reopened().load(same.key) == nil)
  }

  @Test func `Records of a remote that must be attested are hits when a known key has signed their outputs`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site(.attested))
    let (signed, unsigned, wrong) = (
      try ada.store.save("signed", [1]), try ada.store.save("unsigned", [2]), try ada.store.save("wrong", [3])
    )
    for name in ["ada", "eve"] {
      #expect(try ToolRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(ada.root)/\(name)"]).succeeded)
    }
    let allowed = bob.root + "/allowed"
    let key = try String(contentsOfFile: ada.root + "/ada.pub", encoding: .utf8)
    try "ada@example.org \(key)".write(toFile: allowed, atomically: true, encoding: .utf8)
    func attest(_ records: [(StageRecord, Digest)], _ signer: String) throws {
      let stages = records.map {
        AttestedStage(artifact: "A", stage: $0.stage, key: $0.key, output: $1, verdict: "identical")
      }
      let statement = Statement(
        notebook: "n.md", name: "n", notebookDigest: Digest(of: "n"), stages: stages, environment: [:],
        isSandboxed: true,
        verdict: "identical", started: 1, seconds: 1)
      _ = try Attestation.sign(statement, key: "\(ada.root)/\(signer)", project: ada.root)
        .write(into: ada.artifacts + "/n/attestations")
    }
    try attest([(signed, signed.output.digest), (wrong, Digest(of: "else"))], "ada")
    try attest([(unsigned, unsigned.output.digest)], "eve")
    #expect(try ada.exchange().push().sentAttestations)
    let report = try bob.exchange().pull(allowedSigners: allowed)
    #expect(report.attestations == 2 && report.records.admitted == 1 && report.records.withheld == 2)
    #expect(try bob.store.load(signed.key) == [1])
    #expect(try bob.store.lookup([unsigned.key, wrong.key]).isEmpty)
    // A statement that comes later releases what is here.
    try attest([(unsigned, unsigned.output.digest)], "ada")
    try ada.exchange().push()
    #expect(try bob.exchange().pull(allowedSigners: allowed).released == 1)
    #expect(try bob.store.load(unsigned.key) == [2])
    // Without known keys nothing is attested.
    #expect(try bob.exchange().pull().heldBack == 2)
    #expect(try bob.store.load(signed.key) == nil)
  }

  @Test func `Remotes are kept as git keeps them, and their names and URLs are checked`() throws {
    let site = try Site()
    for name in ["", "a/b", "..", "a b", "-x", "ä", String(repeating: "a", count: 65)] {
      #expect(throws: OperationError.self) { try site.remotes.add(Remote(name: name, url: "/tmp/x", policy: .trust)) }
    }
    for url in ["", "-u", "--upload-pack=touch /tmp/x", "a\nb"] {
      #expect(throws: OperationError.self) { try site.remotes.add(Remote(name: "x", url: url, policy: .trust)) }
    }
    #expect(throws: OperationError.self) { try site.remotes.remote(named: nil) }
    try site.remotes.add(
      Remote(name: "lab", url: "host:path/store.git", policy: .attested, allowedSigners: "/etc/keys"))
    try site.remotes.add(Remote(name: "disk", url: site.root, policy: .trust))
    #expect(throws: OperationError.self) { try site.remotes.add(Remote(name: "lab", url: "x", policy: .trust)) }
    #expect(
      try site.remotes.remote(named: "lab")
        == Remote(name: "lab", url: "host:path/store.git", policy: .attested, allowedSigners: "/etc/keys"))
    #expect(throws: OperationError.self) { try site.remotes.remote(named: nil) }
    try site.remotes.remove("lab")
    #expect(try site.remotes.remote(named: nil).name == "disk")
    #expect(throws: OperationError.self) { try site.remotes.remove("lab") }
    // A remote that only git knows is not trusted.
    try site.git("remote", "add", "other", "/nowhere")
    #expect(try site.remotes.remote(named: "other").policy == .rerun)
  }

  @Test func `Remotes that are not there, empty, or something else are errors that say so`() throws {
    let hub = try Hub()
    let site = try hub.site()
    func message(_ body: () throws -> Void) -> String {
      "\(#expect(throws: OperationError.self) { try body() }.map { "\($0)" } ?? "")"
    }
    #expect(message { _ = try site.exchange().pull() }.contains("it is empty"))
    try site.remotes.add(Remote(name: "gone", url: site.root + "/gone.git", policy: .trust))
    #expect(message { _ = try site.exchange("gone").pull() }.contains("does not appear to be a git repository"))
    #expect(message { _ = try site.exchange("gone").push() }.contains("check the URL"))
    let code = site.root + "/code"
    #expect(try ToolRun("git", ["init", "-q", code]).succeeded)
    let person = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    #expect(try ToolRun("git", ["-C", code] + person + ["commit", "--allow-empty", "-qm", "x"]).succeeded)
    try site.remotes.add(Remote(name: "code", url: code, policy: .trust))
    #expect(message { _ = try site.exchange("code").pull() }.contains("no store of Colophon"))
    try site.store.save("a", [1])
    #expect(message { _ = try site.exchange("code").push() }.contains("something else"))
    try site.remotes.add(Remote(name: "net", url: "https://no-such-host.invalid/x.git", policy: .trust))
    #expect(message { _ = try site.exchange("net").pull() }.contains("check"))
  }

  @Test func `A remote that is forgotten leaves nothing behind`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let record = try ada.store.save("a", [1])
    try ada.store.version("n", "A", [2])
    try ada.exchange().push()
    try bob.exchange().pull()
    try bob.store.forget(remote: "hub")
    #expect(try bob.store.lookup(record.key) == nil)
    #expect(try !bob.git("for-each-ref").contains("hub"))
  }
}

/// The files that killed git commands leave.
@Suite struct AbandonedLockTests {
  @Test func `Locks of references that a killed push or fetch has left do not stop the next ones`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    try ada.store.version("n", "A", [1])
    try ada.exchange().push()
    try bob.exchange().pull()
    try ada.store.version("n", "A", [2], time: 2)
    let old = Date(timeIntervalSinceNow: -60)
    for path in [
      hub.path + "/refs/colophon/records.lock", hub.path + "/refs/heads/n.lock",
      bob.repository + "/refs/colophon/incoming/hub/records.lock", ada.repository + "/packed-refs.lock",
    ] {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.modificationDate: old]))
    }
    #expect(try ada.exchange().push().branches.map(\.state) == [.advanced])
    #expect(try bob.exchange().pull().branches.map(\.state) == [.advanced])
  }
}
