internal import ArgumentParser
internal import ArtifactStore
internal import Attestation
internal import Core
internal import Driver
internal import Foundation
internal import Remotes
internal import TextFormatting

struct AttestationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attestations", abstract: "Compare what several machines have attested about a notebook.",
    discussion: """
      `colophon attestations worldwide` prints a row for each stage and a column for each statement: the output of \
      that machine's execution, and the verdict on it compared with the lock. Statements are in \
      Artifacts/NOTEBOOK/attestations, where `colophon verify Notebooks/worldwide.md --attest` writes them, and come \
      with pull. Known keys are those of git's gpg.ssh.allowedSignersFile, or of --allowed-signers. Exit status 1 \
      when two statements contradict each other or a signature is not good.
      """)

  @Argument(help: "The notebook's path, or a name.") var notebook: String
  @Option(name: .long, help: "A file of known keys, as of ssh-keygen(1), ALLOWED SIGNERS.") var allowedSigners: String?
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let found = try project.begun()
    let store = try ArtifactStore(project: found) { Terminal.error($0) }
    var refused = false
    let all = try AttestationShelf(project: found, store: store).all {
      Terminal.error("\($0)")
      refused = true
    }

    let names = [notebook, NotebookName.name(of: notebook, in: found) { _ in false }]
    let wanted = all.filter { names.contains($0.statement.predicate.name) }
    let allowed = try Attestation.allowedSigners(allowedSigners, project: found.root)
    let comparison = AttestationComparison(wanted, allowedSigners: allowed)

    if json {
      try Terminal.print(json: comparison)
    } else if wanted.isEmpty {
      Terminal.error("nothing is attested about \(notebook)")
    } else {
      describe(comparison)
    }
    if refused || !comparison.agrees { throw ExitCode(1) }
  }

  private func describe(_ comparison: AttestationComparison) {
    for (number, column) in comparison.columns.enumerated() {
      let key =
        column.signer.map { $0.principal ?? "an unknown key, \($0.fingerprint)" } ?? "no key: \(column.fault ?? "")"
      let source = column.source.map { " at \($0.commit.prefix(10))\($0.isDirty ? " with changes" : "")" } ?? ""
      let box = column.isSandboxed ? "" : ", not in a sandbox"
      Terminal.tell(
        "[\(number + 1)] \(TimeText.date(column.started)), \(column.verdict)\(source)\(box), signed by \(key)")
    }
    let header = ["stage"] + comparison.columns.indices.map { "[\($0 + 1)]" } + [""]
    Terminal.print(
      Terminal.table(
        [header]
          + comparison.rows.map { row in
            [row.artifact] + row.cells.map { cell in cell.map { "\($0.verdict) \($0.output.short)" } ?? "—" }
              + [row.agrees ? row.isSameKey ? "" : "other keys" : "they disagree"]
          }))
  }
}
