import Core
import Foundation
import Testing

/// push, pull, remote, gc, fsck and attestations, as users call them.
@Suite struct ShareTests {
  static let notebook = """
    ```swift
    struct CountLetters: Stage {
      var text: String
      func run(_ context: StageContext) async throws -> Int { text.count }
    }
    let count = try await CountLetters(text: "kittens")()
    ```

    There are `swift count` letters.
    """

  let ada: CommandWorkplace
  let bob: CommandWorkplace
  let hub: String

  init() throws {
    (ada, bob) = (try CommandWorkplace(), try CommandWorkplace())
    hub = ada.root.path + "/hub.git"
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/git")
    git.arguments = ["init", "-q", "--bare", hub]
    try git.run()
    git.waitUntilExit()
    for place in [ada, bob] { try place.write("n.md", Self.notebook) }
  }

  @Test func `After a pull a colleague's run is a cache hit without executing anything`() throws {
    let first = try ada.colophon("run", "n.md")
    #expect(first.status == 0 && CommandWorkplace.ran(first.errors) == ["CountLetters"], "\(first.errors)")
    #expect(try ada.colophon("remote", "add", "hub", hub).status == 0)
    let pushed = try ada.colophon("push")
    #expect(
      pushed.status == 0 && pushed.output.contains("results sent") && pushed.output.contains("n: new"),
      "\(pushed.errors)")
    // The other one has not run anything yet.
    #expect(try bob.colophon("remote", "add", "hub", hub).status == 0)
    let pulled = try bob.colophon("pull")
    #expect(pulled.status == 0 && pulled.output.contains("1 new results"), "\(pulled.errors)")
    #expect(try bob.colophon("log", "hub/n").output.split(separator: "\n").count == 1)
    #expect(try bob.colophon("stages", "n").output.contains("from hub"))
    let second = try bob.colophon("run", "n.md")
    #expect(second.status == 0 && CommandWorkplace.ran(second.errors).isEmpty, "\(second.errors)")
    #expect(try bob.read("Artifacts/n/report.md").contains("There are 7 letters."))
  }

  @Test func `Under the policy rerun stages execute, and equal outputs are confirmed`() throws {
    _ = try ada.colophon("run", "n.md")
    _ = try ada.colophon("remote", "add", "hub", hub)
    _ = try ada.colophon("push")
    _ = try bob.colophon("remote", "add", "hub", hub, "--policy", "rerun")
    #expect(try bob.colophon("pull").output.contains("held back"))
    let run = try bob.colophon("run", "n.md")
    #expect(CommandWorkplace.ran(run.errors) == ["CountLetters"] && run.errors.contains("confirmed"), "\(run.errors)")
    #expect(try bob.colophon("stages", "n").output.contains("from hub, confirmed"))
    let listed = try bob.colophon("remote", "list", "--json")
    #expect(listed.output.contains("\"policy\" : \"rerun\""))
  }

  @Test func `A record that claims another format than its stage makes is refused by name`() throws {
    _ = try ada.colophon("run", "n.md")
    _ = try ada.colophon("remote", "add", "hub", hub)
    _ = try ada.colophon("push")
    let forge = """
      set -e
      export GIT_DIR=\(hub)
      name=$(git ls-tree --name-only refs/colophon/records | grep jsonl)
      objects=$(git ls-tree refs/colophon/records | awk '/objects/ {print $3}')
      git show refs/colophon/records:$name | sed 's/"format":"[^"]*"/"format":"Pairs\\/1"/' > forged
      base=$(sha256sum forged | cut -d' ' -f1)
      blob=$(git hash-object -w forged)
      tree=$(printf '100644 blob %s\\t%s.jsonl\\n040000 tree %s\\t%s.objects\\n' $blob $base $objects \
      $base | git mktree)
      git update-ref refs/colophon/records $(git -c user.name=E -c user.email=e@e commit-tree -m forged $tree)
      """
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", forge]
    shell.currentDirectoryURL = ada.root
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    _ = try bob.colophon("remote", "add", "hub", hub)
    let pulled = try bob.colophon("pull", "--json")
    #expect(
      pulled.status == 1 && pulled.errors.contains("CountLetters") && pulled.errors.contains("is refused"),
      "\(pulled.errors)")
    let run = try bob.colophon("run", "n.md")
    #expect(run.status == 0 && CommandWorkplace.ran(run.errors) == ["CountLetters"], "\(run.errors)")
  }

  @Test func `Gc and fsck say what they find, a dry run exactly what goes`() throws {
    _ = try ada.colophon("run", "n.md")
    _ = try ada.colophon("run", "n.md", "--set", "seed=2")
    let sound = try ada.colophon("fsck")
    #expect(sound.status == 0 && sound.output.contains("all sound"), "\(sound.errors)")
    let dry = try ada.colophon("gc", "--max-size", "1K", "--keep-runs", "1", "--dry-run", "--json")
    let wet = try ada.colophon("gc", "--max-size", "1K", "--keep-runs", "1", "--json")
    #expect(dry.status == 0 && wet.status == 0)
    #expect(dry.output.replacing("\"isDryRun\" : true", with: "\"isDryRun\" : false") == wet.output)
    let again = try ada.colophon("run", "n.md")
    #expect(again.status == 0 && CommandWorkplace.ran(again.errors).isEmpty, "\(again.errors)")
    #expect(try ada.colophon("fsck").status == 0)
    #expect(try ada.colophon("gc", "--max-size", "much").status == 64)
  }

  @Test func `Commands without a store, a remote or a statement say what to do`() throws {
    let nothing = try ada.colophon("push")
    #expect(nothing.status == 1 && nothing.errors.contains("run a notebook first"))
    let noRemote = try ada.colophon("pull")
    #expect(noRemote.status == 1 && noRemote.errors.contains("colophon remote add"), "\(noRemote.errors)")
    _ = try ada.colophon("remote", "add", "gone", ada.root.path + "/gone.git")
    let gone = try ada.colophon("pull", "gone")
    #expect(gone.status == 1 && gone.errors.contains("does not appear to be a git repository"))
    #expect(try ada.colophon("attestations", "n").errors.contains("nothing is attested"))
  }
}
