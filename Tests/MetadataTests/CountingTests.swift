import ArtifactTypes
import Core
import Foundation
import Metadata
import TestSupport
import Testing

@Suite struct CountingTests {
  private func counts(_ texts: String..., language: String = "en") throws -> (
    words: [String: Int], pairs: [String: Int]
  ) {
    let found = try ngrams(texts, language: language)
    return (
      Dictionary(uniqueKeysWithValues: found.words.map { ($0.text, $0.count) }),
      Dictionary(uniqueKeysWithValues: found.pairs.map { ($0.text, $0.count) })
    )
  }

  @Test func `Punctuation ends a row of words and an apostrophe is punctuation`() throws {
    let found = try ngrams(["The cat, the CAT. don't stop"])
    #expect(found.words.map(\.text) == ["The", "cat", "the", "CAT", "don", "t", "stop"])
    #expect(found.pairs.map(\.text) == ["The cat", "the CAT", "t stop"])
    #expect(found.words.allSatisfy { $0.count == 1 })
  }

  @Test func `Pairs of words never cross documents`() throws {
    #expect(try counts("red house", "house red").pairs == ["red house": 1, "house red": 1])
    #expect(try counts("red", "house").pairs.isEmpty)
  }

  @Test func `The commonest come first, those as common in the order of first sight`() throws {
    let found = try ngrams(["b a c c", "c a d"])
    #expect(found.words.map(\.text) == ["c", "a", "b", "d"])
    #expect(found.words.map(\.count) == [3, 2, 1, 1])
    #expect(found.pairs.map(\.text) == ["b a", "a c", "c c", "c a", "a d"])
    #expect(found.pairs.map(\.first) == found.pairs.map(\.first).sorted())
  }

  @Test func `Composed and decomposed letters are different words`() throws {
    #expect(try ngrams(["caf\u{E9} cafe\u{301}"], language: "fr").words.count == 2)
  }

  @Test func `Each Han character is a word where no dictionary cuts the text, Kana and Hangul are not`() throws {
    #expect(try counts("犬の写真 한국어", language: "en").words == ["犬": 1, "の": 1, "写": 1, "真": 1, "한국어": 1])
  }

  @Test func `Each code point of Tibetan script is a word, for ICU has no dictionary of it`() throws {
    let found = try ngrams(["བོད་ཡིག"], language: "bo")
    #expect(found.words.map(\.text) == "བོད་ཡིག".unicodeScalars.map { String($0) })
    #expect(found.pairs.count == 6)
  }

  @Test func `Words that a tag stood between are one word, and their pair with a tab between is the one with a space`()
    throws
  {
    #expect(try counts("a<b>c</b>d e\tf e f").pairs == ["acd e": 1, "e f": 2, "f e": 1])
  }

  @Test func `Tags go, up to the nearest end in the same line`() throws {
    #expect(try counts("a <b>c</b> d &lt;ref&gt; e").words == ["a": 1, "c": 1, "d": 1, "e": 1])
    #expect(try counts("a <b\nc> d").words == ["a": 1, "b": 1, "c": 1, "d": 1])
  }

  @Test func `Thai is cut into words by the dictionary`() throws {
    let words = try counts("ผมรักแมวและสุนัข", language: "th").words
    #expect(words["แมว"] == 1)
    #expect(words["สุนัข"] == 1)
    #expect(words.count > 3)
  }

  @Test func `Chinese is cut into words and its punctuation ends a row`() throws {
    let (words, pairs) = try counts("人人有权享有教育。教育", language: "zh")
    #expect(words["教育"] == 2)
    #expect(pairs["教育 教育"] == nil)
  }

  @Test func `In a language without spaces a word with half of a pair of quotation marks ends a row`() throws {
    #expect(try counts("教育 don’t 教育", language: "zh").words == ["教育": 2])
    #expect(try counts("教育 don’t 教育", language: "zh").pairs.isEmpty)
    #expect(try counts("教育 dont 教育", language: "zh").pairs.count == 2)
  }

  @Test func `Mutual information is that of the reference`() {
    #expect(pointwiseMutualInformation(together: 3, alone: (10, 20), total: 1000) == 3.9068905956085187)
  }
}

@Suite struct CountNgramsTests {
  private func corpus() throws -> Corpus {
    var random = SystemRandomNumberGenerator()
    var documents: [String: [Corpus.Document]] = [:]
    for (language, size) in [("en", 400), ("th", 60), ("de", 30), ("fr", 0)] {
      documents[language] = (0..<size).map { number in
        let words = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          ["cat", "\"dog\"", "red", "häuser", "new\nyork", "แมวกินปลา", "<i>"].randomElement(using: &random) ?? ""
        }
        return .init(id: "\(number)", text: words.joined(separator: " "))
      }
    }
    return try Corpus.write(documents, folder: temporaryFolder())
  }

  @Test func `The artifact depends neither on memory nor on threads nor on pieces`() async throws {
    let corpus = try corpus()
    func digest(_ threads: Int, _ memoryLimit: Int, _ pieceSize: Int) async throws -> Digest {
      let context = StageContext(scratch: try temporaryFolder(), threads: threads)
      return try await CountNgrams(corpus: corpus).run(context, memoryLimit: memoryLimit, pieceSize: pieceSize).content
        .digest
    }
    let whole = try await digest(1, 1 << 30, 1 << 30)
    #expect(try await digest(1, 0, 1 << 30) == whole)
    #expect(try await digest(2, 1_000, 5_000) == whole)
    #expect(try await digest(8, 40_000, 100) == whole)
    #expect(try await digest(3, 1 << 30, 1) == whole)
  }

  @Test func `Totals are known without reading the counts, and readers may stop early`() async throws {
    let corpus = try Corpus.write(
      ["en": [.init(id: "1", text: "a b a b c")], "de": [.init(id: "1", text: "!")]], folder: temporaryFolder())
    let counts = try await CountNgrams(corpus: corpus).run(StageContext(scratch: try temporaryFolder(), threads: 2))
    #expect(counts.languages == ["de", "en"])
    #expect((counts.unigramCount(of: "en"), counts.bigramCount(of: "en"), counts.runningWords(of: "en")) == (3, 3, 5))
    #expect(try counts.unigrams(of: "en") == [.init("a", count: 2), .init("b", count: 2), .init("c", count: 1)])
    #expect(try counts.bigrams(of: "de").isEmpty)
    #expect(try counts.summary()[column: "running words"] == [0, 5])
    var seen: [String] = []
    try counts.forEachBigram(of: "en") {
      seen.append($0.text)
      return seen.count < 2
    }
    #expect(seen == ["a b", "b a"])
  }

  @Test func `A language that the corpus does not have is an error that names it`() async throws {
    let corpus = try Corpus.write(["en": [.init(id: "1", text: "a")]], folder: temporaryFolder())
    let error = await #expect(throws: OperationError.self) {
      _ = try await CountNgrams(corpus: corpus, languages: ["xx"]).run(
        StageContext(scratch: try temporaryFolder(), threads: 1))
    }
    #expect(error?.subject == "xx")
  }
}
