import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct OpenWordNetTests {
  private func run(_ files: [String: String], _ change: (inout ReadOpenWordNets) -> Void = { _ in }) async throws
    -> [String:
    [String]]
  {
    let root = try temporaryFolder()
    for (name, text) in files {
      let url = URL(fileURLWithPath: root + "/" + name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    var stage = ReadOpenWordNets(InputFolder(root))
    change(&stage)
    let lists = try await stage.run(StageContext(scratch: try temporaryFolder(), threads: 2))
    var found: [String: [String]] = [:]
    for language in lists.languages { found[language] = try lists.texts(of: language).map(\.text) }
    return found
  }

  @Test func `Lemmas are a sorted set without underscores and plus signs`() async throws {
    let french = """
      # WOLF\tfra\thttp://example.org\tCeCILL-C
      02084071-n\tfra:lemma\tchien
      02084071-n\tfra:lemma\tchien_domestique
      00001740-n\tfra:lemma\tÉtat
      00001740-n\tlemma\tzèbre
      00001740-n\tfra:lemma\t chien
      00001740-n\tfra:lemma\t0\tloup
      02084071-n\tfra:def\t0\tun animal
      02084071-n\tfra:exe\t0\tmon chien
      02084071-n\teng:lemma\tdog
      broken line

      """
    let chinese = "02084071-n\tcmn:lemma\t小+狗\n02084071-n\tcmn:lemma\t+\n"
    #expect(
      try await run(["fra/wn-data-fra.tab": french, "cmn/wn-data-cmn.tab": chinese]) == [
        "fr": ["chien", "chien domestique", "loup", "zèbre", "État"], "zh": ["小狗"],
      ])
  }

  @Test func `Forms of Arabic words are no lemmas`() async throws {
    let arabic = "1-n\tarb:lemma\tكِتَاب\n1-n\tarb:lemma:root\tكتب\n1-n\tarb:lemma:brokenplural\tكُتُب\n"
    #expect(try await run(["wn-data-arb.tab": arabic]) == ["ar": ["كِتَاب"]])
  }

  @Test func `Languages have Wikipedia's codes, and Albanian either its own or the reference's`() async throws {
    let files = Dictionary(
      uniqueKeysWithValues: ["als", "fin", "nob", "nno", "zsm", "ell", "fas", "eng"].map {
        ("\($0)/wn-data-\($0).tab", "1-n\t\($0):lemma\tw\n")
      })
    #expect(try await run(files).keys.sorted() == ["el", "fi", "ms", "nn", "no", "sq"])
    #expect(try await run(files) { $0.albanian = "als" }.keys.sorted() == ["als", "el", "fi", "ms", "nn", "no"])
  }

  @Test func `The first wordnet of a language counts, and none at all is an error`() async throws {
    let files = ["ita/wn-data-ita.tab": "1-n\tita:lemma\tcane\n", "iwn/wn-data-ita.tab": "1-n\tita:lemma\tgatto\n"]
    #expect(try await run(files) == ["it": ["cane"]])
    await #expect(throws: OperationError.self) { try await run(["wn-data-eng.tab": "1-n\teng:lemma\tdog\n"]) }
    await #expect(throws: OperationError.self) { try await run(["wn-data-fra.tab": "# nothing\n"]) }
  }
}

@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/wordnet/data.noun")))
struct PrincetonWordNetTests {
  /// The reference's first dictionary has 86,654 entries from WordNet: these and the hundred numbers before them.
  @Test func `WordNet 3.0 has as many names of synsets as the reference's English dictionary`() async throws {
    let context = StageContext(scratch: try temporaryFolder(), threads: 2)
    #expect(try await ReadWordNet(entries: .synsetNames).run(context).texts(of: "en").count == 86_554)
  }
}
