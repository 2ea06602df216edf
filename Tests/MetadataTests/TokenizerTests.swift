import ArtifactTypes
import Metadata
import Testing

@Suite struct CountingTests {
  private func counts(_ texts: String..., language: String = "en") throws -> (words: [String: Int], pairs: [String: Int]) {
    let counter = try NgramCounter(texts, language: language)
    return (
      Dictionary(uniqueKeysWithValues: counter.unigrams.map { ($0.text, $0.count) }),
      Dictionary(uniqueKeysWithValues: counter.bigrams.map { ($0.text, $0.count) })
    )
  }

  @Test func `punctuation ends a row of words and an apostrophe is punctuation`() throws {
    let counter = try NgramCounter(["The cat, the CAT. don't stop"], language: "en")
    #expect(counter.unigrams.map(\.text) == ["The", "cat", "the", "CAT", "don", "t", "stop"])
    #expect(counter.bigrams.map(\.text) == ["The cat", "the CAT", "t stop"])
    #expect(counter.unigrams.allSatisfy { $0.count == 1 })
  }

  @Test func `pairs of words never cross documents`() throws {
    #expect(try counts("red house", "house red").pairs == ["red house": 1, "house red": 1])
    #expect(try counts("red", "house").pairs.isEmpty)
  }

  @Test func `counts add up over documents in the order of first sight`() throws {
    let counter = try NgramCounter(["b a b", "a b"], language: "en")
    #expect(counter.unigrams == [CountedText("b", count: 3), CountedText("a", count: 2)])
    #expect(counter.bigrams == [CountedText("b a", count: 1), CountedText("a b", count: 2)])
  }

  @Test func `composed and decomposed letters are different words`() throws {
    #expect(try NgramCounter(["caf\u{E9} cafe\u{301}"], language: "fr").unigrams.count == 2)
  }

  @Test func `each Han character is a word where no dictionary cuts the text, Kana and Hangul are not`() throws {
    #expect(try counts("犬の写真 한국어", language: "en").words == ["犬": 1, "の": 1, "写": 1, "真": 1, "한국어": 1])
  }

  @Test func `tags go, up to the nearest end in the same line`() throws {
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

  @Test func `mutual information is that of the reference`() {
    #expect(abs(pointwiseMutualInformation(together: 3, alone: (10, 20), total: 1000) - 3.9068905956085187) < 1e-12)
  }
}
