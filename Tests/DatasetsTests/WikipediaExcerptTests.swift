import ArtifactTypes
import Core
import Datasets
import Foundation
import TestSupport
import Testing

private let excerpts = URL(fileURLWithPath: #filePath).appending(path: "../../../.colophon/data/wikipedia").standardized
  .path

/// Runs where `.ci/set-up` has brought the excerpts of two dumps.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: excerpts)))
struct WikipediaExcerptTests {
  @Test func `Excerpts of the English and the Bulgarian Wikipedia become running text`() async throws {
    let context = StageContext(scratch: try temporaryFolder(), threads: 2)
    let corpus = try await ReadWikipedia(InputFolder(excerpts)).run(context)
    #expect(corpus.languages == ["bg", "en"])
    var texts: [String: String] = [:]
    for language in corpus.languages { try corpus.forEach(in: language) { texts["\(language) \($0.id)"] = $0.text } }
    #expect(texts.count == 107)
    #expect(
      texts["en Ada"]?.contains(
        "\nAda Lovelace (Augusta Ada King, Countess of Lovelace) (1815–1852), English mathematician and writer\n")
        ?? false)
    #expect(texts["en Alkane"]?.contains("\nmethane, CH4 – one carbon and four hydrogen\n") ?? false)
    #expect(
      texts["bg Григориански календар"]?.contains("според григорианския календар).\nОписание\nГригорианският") ?? false)
    let leftovers = ["{{", "}}", "[[", "]]", "<ref", "<br", "&nbsp;", "__TOC__", "\n\n", "\n*", "\n==", "|thumb"]
    for (title, text) in texts {
      for leftover in leftovers where text.contains(leftover) { Issue.record("“\(leftover)” is left in \(title)") }
    }
  }
}
