import ArtifactStore
import Core
import Foundation
import Processes
import Remotes
import Testing

/// Versions that went different ways in several projects, and how they come together again.
@Suite struct DivergenceTests {
  private let hub: Hub
  private let ada: Site
  private let bob: Site

  /// Ada and Bob have one version in common, and each one of their own.
  init() throws {
    hub = try Hub()
    (ada, bob) = (try hub.site(), try hub.site())
    try ada.store.version("n", "A", [1], time: 1)
    try ada.exchange().push()
    try bob.exchange().pull()
    try ada.store.version("n", "A", [2], time: 2)
    try ada.exchange().push()
    try bob.store.version("n", "A", [3], time: 3)
    #expect(try bob.exchange().push().branches.map(\.state) == [.rejected])
    #expect(try bob.exchange().pull().branches.map(\.state) == [.diverged])
  }

  private func content(_ site: Site, _ revision: String) throws -> [UInt8] {
    let artifact = try #require(try site.store.artifacts(at: revision).first)
    return try site.store.content(of: artifact.content).files[0].bytes()
  }

  @Test func `A divergence names both newest versions and the last common one`() throws {
    let divergence = try #require(try bob.store.divergences(of: "n").first)
    #expect(divergence.remote == "hub")
    #expect(try divergence.ours == bob.store.log(notebook: "n").first?.id)
    #expect(try divergence.theirs == bob.store.log(notebook: "hub/n").first?.id)
    #expect(try divergence.common == bob.store.log(notebook: "n").last?.id)
    #expect(try ada.store.divergences(of: "n").isEmpty && bob.store.divergences(of: "other").isEmpty)
  }

  @Test(arguments: [DivergenceSide.ours, .theirs])
  func `Joined versions come after both, keep one side's artifacts, and can be pushed`(side: DivergenceSide) throws {
    let before = try Set((bob.store.history(notebook: "n") + bob.store.history(notebook: "hub/n")).map(\.id))
    let divergence = try #require(try bob.store.divergences(of: "n").first)
    let joint = try bob.store.join("n", divergence, keeping: side)
    #expect(try content(bob, "n") == (side == .ours ? [3] : [2]))
    let history = try bob.store.history(notebook: "n")
    #expect(history.first?.id == joint && history.first?.parents.count == 2)
    #expect(Set(history.map(\.id)) == before.union([joint]))
    let kept = side == .ours ? divergence.ours : divergence.theirs
    #expect(try bob.store.log(notebook: "n").map(\.id).prefix(2) == [joint, kept])
    #expect(try bob.store.divergences(of: "n").isEmpty)

    // A decision is taken once: what has moved meanwhile is not overwritten.
    #expect(throws: StoreError.self) { try bob.store.join("n", divergence, keeping: .ours) }

    #expect(try bob.exchange().push().branches.map(\.state) == [.advanced])
    #expect(try ada.exchange().pull().branches.map(\.state) == [.advanced])
    #expect(try ada.store.history(notebook: "n").map(\.id) == history.map(\.id))
    #expect(try ada.faults().isEmpty && bob.faults().isEmpty)
  }

  @Test func `Both sides are kept under names`() throws {
    let ours = try #require(try bob.store.log(notebook: "n").first?.id)
    let theirs = try #require(try bob.store.log(notebook: "hub/n").first?.id)
    let divergence = try #require(try bob.store.divergences(of: "n").first)
    #expect(throws: StoreError.self) { try bob.store.keepBoth("n", divergence, as: "n") }
    try bob.store.keepBoth("n", divergence, as: "mine")
    #expect(try bob.store.log(notebook: "n").first?.id == theirs && bob.store.log(notebook: "mine").first?.id == ours)
    let pushed = try bob.exchange().push().branches
    #expect(Dictionary(uniqueKeysWithValues: pushed.map { ($0.notebook, $0.state) }) == ["mine": .new, "n": .upToDate])
  }

  @Test func `A run that follows the other side makes a version with two parents, also when nothing else changed`()
    throws
  {
    let divergence = try #require(try bob.store.divergences(of: "n").first)
    let artifacts = try bob.store.artifacts(at: "n")
    func commit() throws -> ObjectID? {
      try bob.store.commit(
        notebook: "n", artifacts: artifacts, lock: bob.store.lock(at: "n"), message: "merged", time: 9,
        following: [divergence.theirs])
    }
    let joint = try #require(try commit())
    #expect(try bob.store.log(notebook: "n").first?.parents == [divergence.ours, divergence.theirs])
    #expect(try commit() == nil, "what is followed already is not followed again")
    #expect(try bob.exchange().push().branches.map(\.state) == [.advanced])
    #expect(try ada.exchange().pull().branches.first?.commit == joint)
  }

  @Test func `Versions with the same artifacts are joined by the pull, and all who do it make the same`() throws {
    // Three who ran the same notebook on their own, in a hub of their own each.
    let hubs = try (0..<3).map { _ in try Hub() }
    let sites = try (0..<3).map { number in
      let site = try Site()
      for (name, hub) in zip(["a", "b", "c"], hubs) {
        try site.remotes.add(Remote(name: name, url: hub.path, policy: .trust))
      }
      try site.store.version("n", "A", [7], time: Int64(number + 1))
      try site.exchange(["a", "b", "c"][number]).push()
      return site
    }
    #expect(try sites[0].exchange("b").pull().branches.map(\.state) == [.joined])
    #expect(try sites[1].exchange("a").pull().branches.map(\.state) == [.joined])
    let joint = try sites[0].store.log(notebook: "n").first?.id
    #expect(try sites[1].store.log(notebook: "n").first?.id == joint)

    // The third joins what the two have joined.
    try sites[0].exchange("a").push()
    #expect(try sites[2].exchange("a").pull().branches.map(\.state) == [.joined])
    try sites[2].exchange("a").push()
    #expect(try sites[1].exchange("a").pull().branches.map(\.state) == [.advanced])
    #expect(try sites[1].store.history(notebook: "n").count == 5)
    for site in sites { #expect(try site.faults().isEmpty) }
    // A hub is removed with its last use, which an optimised build may see before its path is used.
    withExtendedLifetime(hubs) {}
  }

  @Test func `Three who go different ways come together one after the other`() throws {
    let cleo = try hub.site()
    try cleo.store.version("n", "A", [4], time: 4)
    #expect(try cleo.exchange().pull().branches.map(\.state) == [.diverged])
    #expect(try cleo.store.divergences(of: "n").first?.common == nil)
    try bob.store.join("n", try #require(try bob.store.divergences(of: "n").first), keeping: .ours)
    try bob.exchange().push()

    // What Cleo decided about is not what is there now.
    try cleo.store.join("n", try #require(try cleo.store.divergences(of: "n").first), keeping: .theirs)
    #expect(try cleo.exchange().push().branches.map(\.state) == [.rejected])
    #expect(try cleo.exchange().pull().branches.map(\.state) == [.diverged])
    try cleo.store.join("n", try #require(try cleo.store.divergences(of: "n").first), keeping: .theirs)
    #expect(try cleo.exchange().push().branches.map(\.state) == [.advanced])
    for site in [ada, bob] { #expect(try site.exchange().pull().branches.map(\.state) == [.advanced]) }
    #expect(try content(ada, "n") == [3] && ada.store.history(notebook: "n").count == 7)
    #expect(try ToolRun("git", ["--git-dir", hub.path, "fsck", "--strict"]).succeeded)
  }

  @Test func `A branch that was deleted somewhere comes back, and a renamed notebook is another one`() throws {
    let divergence = try #require(try bob.store.divergences(of: "n").first)
    try bob.store.join("n", divergence, keeping: .ours)
    try bob.exchange().push()
    #expect(try ToolRun("git", ["--git-dir", hub.path, "update-ref", "-d", "refs/heads/n"]).succeeded)
    #expect(try ada.exchange().pull().branches.isEmpty)
    #expect(try ada.store.log(notebook: "n").count == 2)
    #expect(try bob.exchange().push().branches.map(\.state) == [.new])

    try ada.git("update-ref", "-d", "refs/heads/n")
    #expect(try ada.exchange().pull().branches.map(\.state) == [.new])
    #expect(try ada.store.history(notebook: "n").count == 4)

    // A notebook of another name has a branch of its own, with the same results.
    try ada.store.version("renamed", "A", [3], time: 20)
    let pushed = try ada.exchange().push().branches
    #expect(pushed.map(\.notebook) == ["n", "renamed"] && pushed.map(\.state) == [.upToDate, .new])
    #expect(try bob.exchange().pull().branches.map(\.state) == [.upToDate, .new])
  }

  @Test func `A collection cuts joined histories soundly, and keeps what is tagged`() throws {
    try bob.git("tag", "paper", "hub/n")
    let tagged = try #require(try bob.store.divergences(of: "n").first).theirs
    try bob.store.join("n", try #require(try bob.store.divergences(of: "n").first), keeping: .ours)
    for number in 0..<4 {
      try bob.store.version("n", "A\(number)", someBytes(50_000, UInt64(number)), time: 4_000_000_000 + Int64(number))
    }
    let history = try bob.store.history(notebook: "n")
    #expect(history.count == 8)
    for kept in [6, 5, 2] {
      let limits = CollectionLimits(byteLimit: 1, keptVersions: kept)
      let plan = try bob.store.planCollection(limits)
      #expect(try bob.store.collect(limits) == plan)
      #expect(try bob.faults().isEmpty, "\(kept)")
      let damages = try bob.store.inspect(repair: false).damages
      #expect(damages.isEmpty, "\(kept): \(damages)")
      for store in [bob.store, try bob.reopened()] {
        let left = try store.history(notebook: "n").map(\.id)
        #expect(left.count <= kept && left == Array(history.map(\.id).prefix(left.count)), "\(kept)")
      }
    }
    #expect(try bob.store.history(notebook: "n").count == 2)
    #expect(try content(bob, tagged.hexadecimal) == [2])
  }

  @Test func `A remote that has cut its history can be pulled from and pushed to`() throws {
    // A colleague's own store, which is the remote of two.
    let lab = try Site()
    for number in 0..<6 {
      try lab.store.version("n", "A\(number)", someBytes(50_000, UInt64(number)), time: Int64(number + 1))
    }
    let early = try Site()
    try early.remotes.add(Remote(name: "lab", url: lab.repository, policy: .trust))
    #expect(try early.exchange("lab").pull().branches.map(\.state) == [.new])
    for number in 6..<9 {
      try lab.store.version("n", "A\(number)", someBytes(50_000, UInt64(number)), time: Int64(number + 1))
    }
    let versions = try lab.store.log(notebook: "n").map(\.id)
    #expect(try lab.store.collect(CollectionLimits(byteLimit: 1, keptVersions: 2)).cutVersions == ["n": 7])

    // One who begins now has what is left; one who had the older versions keeps them.
    let late = try Site()
    try late.remotes.add(Remote(name: "lab", url: lab.repository, policy: .trust))
    #expect(try late.exchange("lab").pull().refused.isEmpty)
    #expect(try late.store.log(notebook: "n").map(\.id) == Array(versions.prefix(2)))
    #expect(try early.exchange("lab").pull().refused.isEmpty)
    let kept = try early.store.history(notebook: "n").map(\.id) + early.store.history(notebook: "lab/n").map(\.id)
    #expect(Set(versions.suffix(6)).union(versions.prefix(2)).isSubset(of: kept))

    for site in [late, early] {
      if let divergence = try site.store.divergences(of: "n").first {
        try site.store.join("n", divergence, keeping: .theirs)
      }
      try site.store.version("n", "A", Array(site.root.utf8), time: 4_000_000_000)
      #expect(try site.faults().isEmpty && site.store.inspect(repair: false).damages.isEmpty)
    }
    #expect(try late.exchange("lab").push().branches.map(\.state) == [.advanced])
    #expect(try lab.faults().isEmpty)

    // Nor does an empty repository refuse a history that was cut.
    let empty = try Hub()
    try late.remotes.add(Remote(name: "empty", url: empty.path, policy: .trust))
    #expect(try late.exchange("empty").push().branches.map(\.state) == [.new])
    let reader = try Site()
    try reader.remotes.add(Remote(name: "empty", url: empty.path, policy: .trust))
    #expect(try reader.exchange("empty").pull().branches.map(\.state) == [.new])
    #expect(try reader.store.log(notebook: "n").map(\.id) == late.store.log(notebook: "n").map(\.id))
  }
}
