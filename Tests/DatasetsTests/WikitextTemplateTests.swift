import Datasets
import Testing

/// Templates of which a part is text, and the cases of public reports about other extractors.
@Suite struct WikitextTemplateTests {
  @Test(arguments: [
    WikitextCase("a {{lang|fr|mot}} b", "a mot b"),
    WikitextCase("a {{Lang|fr|''mot''|x}} b", "a mot b"),
    WikitextCase("{{Template:Lang|fr|text=mot}}", "mot"),
    WikitextCase("{{lang-fr|mot}}", "mot"),
    WikitextCase("{{nihongo|'''Aikido'''|合気道|Aikidō|lead=yes}} is", "Aikido is"),
    WikitextCase("{{convert|1300|mi|km}} long", "1300 mi long"),
    WikitextCase("a {{convert|1300|mi|km|abbr=on}}, b", "a 1300 mi, b"),
    WikitextCase("{{transl|ar|DIN|word}} {{transl|ja|other}}", "word other"),
    WikitextCase("{{nowrap|a b}} {{val|5}}", "a b 5"),
    WikitextCase("1990{{ndash}}1995{{snd}}a{{nbsp}}b{{!}}c{{=}}d", "1990–1995 – a\u{a0}b|c=d"),
  ])
  func `A template whose argument is a word of the sentence leaves it`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a\n{{quote|b [[c|d]] {{lang|la|e}}|f}}\ng", "a\nb d e\ng"),
    WikitextCase("x {{quote|text=a|sign=b}} y", "x\na\ny"),
    WikitextCase("{{quote|1=a|2=b}} {{Quote|sign=b|quote=c}}", "a\nc"),
    WikitextCase("{{quote|* a\n* b}}", "a\nb"),
    WikitextCase("{{quote|a<nowiki>|</nowiki>b|c}}", "a|b"),
    WikitextCase("{{cquote|a}}{{blockquote|b}}", "a\nb"),
  ])
  func `A quotation is a paragraph without its author (wikiextractor issue 80)`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("{{nowrap|{{lang|fr|mot}} {{x|y}}}} b", "mot b"),
    WikitextCase("{{lang|fr|a {{b}} c [[d|e]] f}}g", "a c e fg"),
    WikitextCase("{{nowrap|[[a|b]] c<ref>d|e</ref>}}", "b c"),
    WikitextCase("{{x|{{lang|fr|mot}}}}b", "b"),
    WikitextCase("{{lang|fr|<!-- | -->mot}}", "mot"),
    WikitextCase("{{nowrap|1=a=b}}", "a=b"),
    WikitextCase("{{lang|fr|}}b{{lang|fr}}c", "bc"),
    WikitextCase("{{lang|fr|mot", "{{lang|fr|mot"),
    WikitextCase("{{{{{1}}}|a}}b", "b"),
  ])
  func `Markup within an argument follows the same rules`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    ("de", "{{Zitat|a|b}}", "a"), ("de", "{{Zitat|Text=a|Autor=b}}", "a"),
    ("fr", "{{unité|1300|km}} de", "1300 km de"), ("fr", "{{citation|a}}", "a"), ("es", "{{cita|a|b}}", "a"),
    ("ru", "{{s|a}}", "a"), ("cs", "{{cizojazyčně|fr|mot}}", "mot"), ("ja", "{{読み仮名|語|ご}}", "語"),
    ("ko", "{{llang|fr|mot}}", "mot"), ("tr", "{{dil|fr|mot}}", "mot"), ("zh_yue", "{{link-en|詞|word}}", "詞"),
    ("en", "{{Zitat|a|b}}", ""), ("de", "{{lang|fr|mot}}", "mot"),
  ])
  func `Each wiki has templates of its own`(language: String, wikitext: String, text: String) {
    #expect(Wikitext.plainText(wikitext, language: language) == text)
  }

  @Test(arguments: ["a {{lang|fr|mot}}", "a {{quote|b}}", "a {{convert|1|mi|km}}", "a {{lang-fr|b}}", "a {{ndash}}"])
  func `All templates go when asked`(_ wikitext: String) {
    #expect(Wikitext.plainText(wikitext, textTemplates: false, language: "en") == "a")
  }

  @Test(arguments: [
    WikitextCase("|-\n| a || b\n|}\nc", "c"),
    WikitextCase("{| class=x\n|-\n| a\n{{x}}\n|}\n|-\n| c\n|}\nd", "d"),
    WikitextCase("{|\n| a\n{| class=y\n| b\n|}\n|}c", "c"),
    WikitextCase("{|\n|\n{|\n|\n{|\n| a\n|}\n|}\n|}\nb", "b"),
    WikitextCase("{|\n| {{x|\n{|\n| a\n|}\n}}\n|}\nb", "b"),
  ])
  func `No rest of a table is text (wikiextractor issue 298, wikitextparser issue 21)`(_ rule: WikitextCase) {
    check(rule)
  }

  @Test(arguments: [
    WikitextCase("{{{!}} class=x\n{{!-}}\n{{!}} a\n{{!}}}\nb", "b"),
    WikitextCase("{{(!}}\n{{!}} a\n{{!)}}\nb", "b"),
    WikitextCase("{{x|\n{{{!}}\n{{!}} a\n{{!}}}\n}}b", "b"),
    WikitextCase("{|\n{{!-}}\n| a\n|}b", "b"),
    WikitextCase("[[a{{!}}b]] c", "b c"),
    WikitextCase("a{{{x|}}}b", "ab"),
    WikitextCase("{{lang|fr|{{{x|}}}}}b", "b"),
  ])
  func `Bars that are templates, and parameters without a value (wikitextprocessor issue 243)`(_ rule: WikitextCase) {
    check(rule)
  }

  @Test(arguments: [
    WikitextCase("<nowiki>{{lang|fr|x}}</nowiki>", "{{lang|fr|x}}"),
    WikitextCase("a <nowiki>[[b|c]]</nowiki> [[d|e]]", "a [[b|c]] e"),
    WikitextCase("{{lang|fr|<nowiki>}}</nowiki>}}b", "}}b"),
    WikitextCase("a<nowiki />''b''", "ab"),
    WikitextCase("<nowiki>a\nb", "a\nb"),
  ])
  func `Nowiki is text, closed or not (wikiextractor issue 425)`(_ rule: WikitextCase) { check(rule) }

  private func check(_ rule: WikitextCase) {
    #expect(Wikitext.plainText(rule.wikitext, language: "en") == rule.text)
  }
}
