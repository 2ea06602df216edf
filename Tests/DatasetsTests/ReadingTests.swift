import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct ReadingTests {
  /// A folder with files of these names and texts.
  private func folder(_ files: [String: String]) throws -> String {
    let root = try temporaryFolder()
    for (name, text) in files {
      let path = "\(root)/\(name)"
      let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    return root
  }

  private func context(_ report: @escaping @Sendable (StageContext.Report) -> Void = { _ in }) throws -> StageContext {
    StageContext(scratch: try temporaryFolder(), threads: 2, report: report)
  }

  private let emojiTest = """
    # group: Animals & Nature
    # subgroup: animal-mammal
    1F436 ; fully-qualified # 🐶
    # subgroup: other
    2764 FE0F ; fully-qualified # ❤️
    2764 ; unqualified # ❤
    1F44B 1F3FB ; fully-qualified # 👋🏻
    1FAE8 ; fully-qualified # 🫨

    """

  private func emojiStage() throws -> ReadEmojiNames {
    let root = try folder([
      "emoji-test.txt": emojiTest,
      "supplementalData.xml":
        #"<s><parentLocales><parentLocale parent="es_419" locales="es_MX es_AR"/></parentLocales></s>"#,
      "annotations/en.xml": """
      <!-- a comment with <annotation cp="🐶" type="tts">wrong</annotation> -->
      <ldml><annotation cp="🐶">dog | dog face | pet</annotation><annotation cp="🐶" type="tts">dog face</annotation>
      <annotation cp="❤" type="tts">red &lt;heart&gt;</annotation></ldml>
      """,
      "annotations/es.xml":
        #"<l><annotation cp="🐶" type="tts">cara de perro</annotation><annotation "#
        + #"cp="❤" type="tts">corazón</annotation></l>"#,
      "annotations/es_419.xml":
        #"<l><annotation cp="🐶" type="tts">perro</annotation><annotation cp="❤" type="tts">↑↑↑</annotation></l>"#,
      "annotations/es_MX.xml":
        #"<l><annotation cp="🐶">mascota | ↑↑↑</annotation><annotation cp="❤" type="tts">↑↑↑</annotation></l>"#,
      "annotations/fil.xml": #"<l><annotation cp="🐶" type="tts">dog face</annotation></l>"#,
      "derived/en.xml": #"<l><annotation cp="👋🏻" type="tts">waving hand: light skin tone</annotation></l>"#,
    ])
    var stage = ReadEmojiNames()
    stage.annotations = InputFolder(root + "/annotations", suffixes: [".xml"])
    stage.derived = InputFolder(root + "/derived", suffixes: [".xml"])
    stage.supplemental = InputFile(root + "/supplementalData.xml")
    stage.emoji = InputFile(root + "/emoji-test.txt")
    return stage
  }

  @Test func `Names of emoji lose their marks of inheritance and take the parent's words`() async throws {
    var stage = try emojiStage()
    let pairs = try await stage.run(context()).all()
    #expect(pairs.map(\.id) == ["1f436", "2764"])
    #expect(pairs[0].group == "Animals & Nature/animal-mammal")
    #expect(
      pairs[0].texts == [
        PairText("dog face", field: "name", language: "en"), PairText("dog", field: "keyword", language: "en"),
        PairText("pet", field: "keyword", language: "en"), PairText("cara de perro", field: "name", language: "es"),
        PairText("dog face", field: "name", language: "fil"),
      ])
    #expect(pairs[1].text(in: "en") == "red <heart>")

    stage.regionalVarieties = true
    stage.untranslatedNames = false
    let all = try await stage.run(context()).all()
    #expect(all[1].text(in: "es_419", field: "name") == "corazón")
    #expect(all[0].text(in: "fil") == nil)
    stage.locales = ["es_MX"]
    // Its own file has keywords alone; without a name of its own it is no voice.
    await #expect(throws: OperationError.self) { try await stage.run(context()) }
  }

  @Test func `Skin tones are read only when asked for, and an unknown locale is an error`() async throws {
    var stage = try emojiStage()
    stage.skinTones = true
    #expect(try await stage.run(context()).all().map(\.id) == ["1f436", "2764", "1f44b-1f3fb"])
    stage.locales = ["xx"]
    await #expect(throws: OperationError.self) { try await stage.run(context()) }
  }

  @Test func `Captions of stamps are read by language, and letters can be left out`() async throws {
    let root = try folder([
      "animals/birds/owl.png": "", "animals/birds/owl_mirror.png": "", "animals/birds/owl.svg": "",
      "animals/birds/owl.txt":
        "An owl.\nde.utf8=Eine Eule. \npt.utf8=Um mocho.\npt_BR.utf8=Uma coruja.\nzh_CN.utf8=猫头鹰\n"
        + "sr@latin.utf8=Sova.\nfr.utf8=An owl.\nen_GB.utf8=An owl.\nnb.utf8=\n",
      "animals/cat.svg": "", "symbols/alphabets/english/a.png": "", "symbols/alphabets/english/a.txt": "A\n",
    ])
    var stage = ReadStamps()
    stage.folder = InputFolder(root)
    let pairs = try await stage.run(context()).all()
    #expect(pairs.map(\.id) == ["stamps/animals/birds/owl", "stamps/symbols/alphabets/english/a"])
    #expect(pairs.map(\.group) == ["animals/birds", "symbols/alphabets"])
    #expect(
      pairs[0].texts.map { "\($0.language ?? "") \($0.text)" } == [
        "de Eine Eule.", "en An owl.", "en_GB An owl.", "pt Uma coruja.", "pt_PT Um mocho.", "sr_Latn Sova.", "zh 猫头鹰",
      ])
    stage.symbols = false
    #expect(try await stage.run(context()).count() == 1)
  }

  @Test func `Only the title and keywords of a drawing itself are read, not those of its author`() async throws {
    let drawing = """
      <?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns "x>y">]>
      <svg><g id="a>b"><metadata><rdf:RDF><cc:Work><dc:title>A  big
      frog &amp; more</dc:title><dc:subject><rdf:Bag><rdf:li>frog</rdf:li><rdf:li> </rdf:li>\
      <rdf:li>pond</rdf:li></rdf:Bag></dc:subject>
      <dc:creator><cc:Agent><dc:title>Jane</dc:title></cc:Agent></dc:creator><dc:description/></cc:Work>\
      </rdf:RDF></metadata>
      <dc:title>too late</dc:title></g></svg>
      """
    let root = try folder(["animals/frog.svg": drawing, "bare.svg": "<svg/>", "broken.svg": "<svg"])
    var stage = ReadOpenclipart()
    stage.folder = InputFolder(root, suffixes: [".svg"])
    let pairs = try await stage.run(context()).all()
    #expect(
      pairs == [
        Pair(
          id: "openclipart/animals/frog", image: "openclipart/animals/frog",
          texts: [
            PairText("A big frog & more", field: "title"), PairText("frog", field: "keyword"),
            PairText("pond", field: "keyword"),
          ], group: "animals")
      ])
  }

  @Test func `Words of WordNet lose their underscores and the marks of adjectives`() async throws {
    let root = try folder([
      "data.noun": "  1 licence\n00001740 03 n 02 New_York 0 Dr._No 1 001 @ 00001740 n 0000 | a town  \n",
      "data.adj": "00001740 00 a 01 afloat(p) 0 000 | floating  \nnonsense\n", "data.verb": "", "data.adv": "",
    ])
    var stage = ReadWordNet()
    stage.folder = InputFolder(root)
    #expect(try await stage.run(context()).texts(of: "en").map(\.text) == ["Dr. No", "New York", "afloat"])
    stage.entries = .synsetNames
    #expect(try await stage.run(context()).texts(of: "en").map(\.text) == ["afloat", "new york"])
  }

  @Test func `Texts take CLDR's codes, and what is not UTF-8 is Latin-1`() async throws {
    let root = try folder(["zh-Hans.txt": "人人生而自由", "nb.txt": "Alle mennesker", "empty.txt": " \n"])
    try Data([0x63, 0x61, 0x66, 0xE9]).write(to: URL(fileURLWithPath: root + "/ca.txt"))
    let corpus = try await ReadTexts(InputFolder(root, suffixes: [".txt"])).run(context())
    #expect(corpus.languages == ["ca", "no", "zh"])
    var texts: [String] = []
    try corpus.forEach(in: "ca") { texts.append($0.text) }
    #expect(texts == ["café"])
  }

  @Test func `A folder without what is wanted is an error that names it`() async throws {
    let error = await #expect(throws: OperationError.self) {
      _ = try await ReadTexts(InputFolder("/nowhere/at/all", suffixes: [".txt"])).run(context())
    }
    #expect(error?.description.contains("/nowhere/at/all") ?? false)
  }

  @Test func `Selecting keeps the languages, fields and pictures that are wanted`() async throws {
    let path = try temporaryFolder() + "/pairs.jsonl"
    let writer = try PairsWriter(path: path)
    let texts = [PairText("a", field: "name", language: "en"), PairText("b", field: "keyword", language: "de")]
    for id in ["1", "2"] { try writer.write(Pair(id: id, image: id, texts: texts, group: id == "1" ? "x/y" : "xz")) }
    let pairs = try writer.finish()
    let pictures = try PictureSetWriter(folder: temporaryFolder(), count: 1, width: 1, height: 1)
    try pictures.write(id: "2", pixels: [1, 2, 3, 4])
    let set = try pictures.finish()
    #expect(
      try await SelectPairs(pairs: pairs, pictures: set, languages: ["de"]).run(context()).all().map(\.texts) == [
        [texts[1]]
      ])
    #expect(try await SelectPairs(pairs: pairs, withoutGroups: ["x"]).run(context()).all().map(\.id) == ["2"])
    #expect(try await SelectPairs(pairs: pairs, fields: ["title"]).run(context()).count() == 0)
    await #expect(throws: OperationError.self) { _ = try await CombinePairs(pairs, pairs).run(context()) }
  }
}

@Suite struct LanguageNameTests {
  @Test func `CLDR's languages have their English names and scripts, English too`() async throws {
    let languages = try await ReadLanguages().run(StageContext(scratch: "/nowhere", threads: 1))
    #expect(
      ["en", "cs", "zh_Hant", "pt_PT"].map(languages.name) == [
        "English", "Czech", "Traditional Chinese", "European Portuguese",
      ])
    #expect(["en", "sr", "zh_Hant", "ar"].map { languages[$0]?.script } == ["Latn", "Cyrl", "Hant", "Arab"])
    #expect(!languages.languages.contains { $0.name.isEmpty })
  }
}
