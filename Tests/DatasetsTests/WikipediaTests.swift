import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing

@Suite struct WikipediaTests {
  private static let header = """
    <mediawiki xml:lang="de"><siteinfo><sitename>Wikipedia</sitename><namespaces>
    <namespace key="0" /><namespace key="6" case="first-letter">Datei</namespace><namespace \
    key="14">Kategorie</namespace>
    </namespaces></siteinfo>

    """

  private static func page(_ title: String, _ text: String, namespace: Int = 0, more: String = "") -> String {
    """
      <page><title>\(title)</title><ns>\(namespace)</ns><id>7</id>\(more)<revision><id>9</id><comment>a \
      &lt;text</comment>
      <model>wikitext</model><text bytes="1" xml:space="preserve">\(text)</text><sha1>x</sha1></revision></page>

    """
  }

  private static func dump(_ pages: String...) -> String { header + pages.joined() + "</mediawiki>\n" }

  /// `Hund` and `Katze`, packed by bzip2.
  private static let packed =
    "QlpoOTFBWSZTWc2ZjsQAABrdgAAQUIHBJwRIP6/f8DAAzCEpENBkaAAAAYwmJoMEYhkYTAqqeREynpqaNDTQPCjyjQ2tZwugdPEXTLGRvESYcO"
    + "xgpFIPGyshBQpE91rfpNEaMlFapW2qOa6V9njHSNRyO3d4LnwWsFfrhmnVKGzpZplNyp+FDbmyMqO7DdV2NyGB16pLfLbPI+SaI3XpUbqGJRVh"
    + "KU+aELStanGMWY3M7uSIQoVcLxYpDF5+LuSKcKEhmzMdiA=="

  private func folder(_ files: [String: Data]) throws -> InputFolder {
    let root = try temporaryFolder()
    for (name, bytes) in files {
      let url = URL(fileURLWithPath: root + "/" + name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try bytes.write(to: url)
    }
    return InputFolder(root)
  }

  private func folder(_ files: [String: String]) throws -> InputFolder { try folder(files.mapValues { Data($0.utf8) }) }

  private func read(
    _ stage: ReadWikipedia, threads: Int = 2, report: @escaping @Sendable (StageContext.Report) -> Void = { _ in }
  ) async throws -> Corpus {
    try await stage.run(StageContext(scratch: try temporaryFolder(), threads: threads, report: report))
  }

  private func documents(_ corpus: Corpus) throws -> [String] {
    var found: [String] = []
    for language in corpus.languages {
      try corpus.forEach(in: language) { found.append("\(language)/\($0.id): \($0.text)") }
    }
    return found
  }

  @Test func `Articles come with their titles; redirects, other namespaces and empty pages do not`() async throws {
    let notes = Mutex<[String]>([])
    let input = try folder([
      "dewiki-20240501-pages-articles.xml": Self.dump(
        Self.page(
          "Hund &amp; Katze",
          "Der '''Hund''' &amp;ndash; &lt;b&gt;[[Katze|Katzen]]&lt;/b&gt;.\n[[Datei:a.jpg|mini|b]]&quot;Ja&quot;"),
        Self.page("Wauwau", "#WEITERLEITUNG [[Hund]]", more: "<redirect title=\"Hund\" />"),
        Self.page("Old", "#redirect [[Hund]]"),
        Self.page("Diskussion:Hund", "Hallo", namespace: 1),
        Self.page("Leer", "{{Vorlage}}\n[[Kategorie:Leer]]"),
        "<page><title>Nichts</title><ns>0</ns><revision><text bytes=\"0\" /></revision></page>",
        "<page><title>Lua</title><ns>0</ns><revision><model>Scribunto</model><text>x</text></revision></page>"),
      "notes.txt": "no dump",
    ])
    let corpus = try await read(ReadWikipedia(input)) { report in
      if case .note(let text) = report { notes.withLock { $0.append(text) } }
    }
    #expect(try documents(corpus) == ["de/Hund & Katze: Der Hund – Katzen.\n\"Ja\""])
    let all = notes.withLock(\.self)
    #expect(all.contains { $0.hasPrefix("2 articles have no text") })
    #expect(all.contains { $0.hasPrefix("1 pages are not in wikitext") })
  }

  @Test func `Languages are read side by side, files of one wiki in the order of their names`() async throws {
    let input = try folder([
      "b/dewiki-20240501-pages-articles2.xml": Self.dump(Self.page("B", "b")),
      "a/dewiki-20240501-pages-articles1.xml": Self.dump(Self.page("A", "a")),
      "zh_yuewiki-20240501-pages-articles.xml": Self.dump(Self.page("C", "狗")),
      "zh-min-nanwiki-latest-pages-articles.xml": Self.dump(Self.page("D", "d")),
      "tlwiki-20240501-pages-articles.xml": Self.dump(Self.page("E", "e")),
      "enwiki-20240501-pages-articles-multistream-index.txt": "1:2:A",
      "enwiktionary-20240501-pages-articles.xml": Self.dump(Self.page("F", "f")),
    ])
    let corpus = try await read(ReadWikipedia(input))
    #expect(try documents(corpus) == ["de/A: a", "de/B: b", "fil/E: e", "zh_min_nan/D: d", "zh_yue/C: 狗"])
    #expect(try await read(ReadWikipedia(input), threads: 1).content == corpus.content)
    #expect(try await read(ReadWikipedia(input, codes: .cldr)).languages == ["de", "fil", "nan", "yue"])
    #expect(try await read(ReadWikipedia(input, languages: ["zh_yue"], codes: .cldr)).languages == ["yue"])
    #expect(try await read(ReadWikipedia(input, languages: ["tl"], codes: .wikipedia)).languages == ["tl"])
    let error = await #expect(throws: OperationError.self) { try await read(ReadWikipedia(input, languages: ["fr"])) }
    #expect(error?.description.contains("“fr”") ?? false)
  }

  @Test func `Of several dates and packings of one wiki one is read`() async throws {
    let input = try folder([
      "dewiki-20240401-pages-articles.xml": Self.dump(Self.page("Old", "a")),
      "dewiki-20240501-pages-articles.xml": Self.dump(Self.page("New", "b")),
      "dewiki-20240501-pages-articles1.xml-p1p2": Self.dump(Self.page("Part", "c")),
      "dewiki-20240501-pages-articles-multistream.xml": Self.dump(Self.page("Multistream", "d")),
    ])
    #expect(try documents(await read(ReadWikipedia(input))) == ["de/New: b"])
  }

  @Test(arguments: [true, false]) func `UTF-16 is read as UTF-8 is`(isLittleEndian: Bool) async throws {
    let text = Self.dump(Self.page("Иван 🐶", String(repeating: "Куче 🐶 и \u{10FFFF} ", count: 30_000)))
    var bytes = Data(isLittleEndian ? [0xFF, 0xFE] : [0xFE, 0xFF])
    for unit in text.utf16 {
      let (low, high) = (UInt8(unit & 255), UInt8(unit >> 8))
      bytes.append(contentsOf: isLittleEndian ? [low, high] : [high, low])
    }
    let wide = try await read(ReadWikipedia(folder(["bgwiki-1-pages-articles.xml": bytes])))
    #expect(try await wide.content == read(ReadWikipedia(folder(["bgwiki-1-pages-articles.xml": text]))).content)
  }

  @Test func `A packed dump is unpacked, and one that ends early is an error unless allowed`() async throws {
    let bytes = try #require(Data(base64Encoded: Self.packed))
    let name = "dewiki-20240501-pages-articles.xml.bz2"
    let both = ["de/Hund: Der Hund bellt.", "de/Katze: Die Katze."]
    #expect(try documents(await read(ReadWikipedia(folder([name: bytes])))) == both)
    let cut = try folder([name: bytes.dropLast(20)])
    let error = await #expect(throws: OperationError.self) { try await read(ReadWikipedia(cut)) }
    #expect(error?.endsEarly ?? false)

    let broken = try folder([
      "dewiki-1-pages-articles.xml": Self.header + Self.page("A", "a") + "<page><title>B</title><ns>0"
    ])
    let early = await #expect(throws: OperationError.self) { try await read(ReadWikipedia(broken)) }
    #expect(early?.endsEarly ?? false)
    #expect(try documents(await read(ReadWikipedia(broken, allowsEarlyEnd: true))) == ["de/A: a"])
  }

  @Test func `A page that is too long is left out, and the next one is read`() async throws {
    let long = String(repeating: "lang &lt;b&gt; ", count: 300_000)
    let input = try folder([
      "dewiki-1-pages-articles.xml": Self.dump(Self.page("A", "a"), Self.page("Lang", long), Self.page("B", "b"))
    ])
    #expect(try documents(await read(ReadWikipedia(input))).count == 3)
    #expect(try documents(await read(ReadWikipedia(input).with(\.largestPage, 1 << 20))) == ["de/A: a", "de/B: b"])
  }

  @Test func `What is no dump is an error that says so`() async throws {
    for text in ["", "<html><body>404</body></html>", String(repeating: "x", count: 1 << 23)] {
      let input = try folder(["dewiki-1-pages-articles.xml": text])
      let error = await #expect(throws: OperationError.self) {
        try await read(ReadWikipedia(input, allowsEarlyEnd: true))
      }
      #expect(error?.description.contains("is it a dump") ?? false)
    }
    let none = try folder(["a.xml": "<mediawiki>"])
    let error = await #expect(throws: OperationError.self) { try await read(ReadWikipedia(none)) }
    #expect(error?.description.contains("names are like") ?? false)
    let empty = try folder(["dewiki-1-pages-articles.xml": Self.dump()])
    await #expect(throws: OperationError.self) { try await read(ReadWikipedia(empty)) }
  }
}
