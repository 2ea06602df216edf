import Datasets
import Testing

/// One rule of wikitext: what is written and the text that it leaves.
struct WikitextCase: CustomTestStringConvertible, Sendable {
  let wikitext: String
  let text: String
  var testDescription: String { wikitext }

  init(_ wikitext: String, _ text: String) {
    self.wikitext = wikitext
    self.text = text
  }
}

@Suite struct WikitextTests {
  @Test(arguments: [
    WikitextCase("a{{b}}c", "ac"),
    WikitextCase("a {{b|{{c|d}}|e=[[f]]}} g", "a g"),
    WikitextCase("a{{{1|b}}}c", "ac"),
    WikitextCase("a{{x|{{{1}}}}}b{{{{{t}}}}}c", "abc"),
    WikitextCase("{{Infobox\n| name = a\n| b = {{c}}\n}}\nText.", "Text."),
    WikitextCase("a {{unclosed b", "a {{unclosed b"),
    WikitextCase("a }} b", "a }} b"),
    WikitextCase("a {{b [[c }} d", "a d"),
    WikitextCase("a {b} c", "a {b} c"),
    WikitextCase("{{{{a}}}} b", "{} b"),
  ])
  func `Templates and parameters go, however nested`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a\n{| class=\"wikitable\"\n|-\n! b\n| c || [[d]]\n|}\ne", "a\ne"),
    WikitextCase("{|\n| a\n{|\n| b\n|}\n| c\n|}\nd", "d"),
    WikitextCase(":{|\n| a\n|}b", "b"),
    WikitextCase("{|\n| {{x|y\n|}}\n|}\na", "a"),
    WikitextCase("{{x|\n{|\n| a\n|}}}b", "b"),
    WikitextCase("{| never closed\n| a\ntext", "text"),
    WikitextCase("{{Start}}\n|-\n| a\n|} b\n|}", "b"),
    WikitextCase("a {| b", "a {| b"),
    WikitextCase("!Kung", "!Kung"),
    WikitextCase("a<table><tr><td>b<table><tr><td>c</td></tr></table></td></tr></table>d", "ad"),
  ])
  func `Tables go, and what is left of those that templates open`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a<!-- b [[c --> d", "a d"),
    WikitextCase("a <!-- never closed", "a"),
    WikitextCase("a<!---->b<!-->-->c", "abc"),
    WikitextCase("a\n<!-- b -->\nc", "a\nc"),
    WikitextCase("{{a<!-- }} -->}}b", "b"),
  ])
  func `Comments go`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a<ref>b {{c</ref> d", "a d"),
    WikitextCase("a<ref name=\"b\" /> c<REF name=b>d</Ref >.", "a c."),
    WikitextCase("a<ref name=b/>c<ref>d</ref>e", "ace"),
    WikitextCase("a<ref>never closed, b", "anever closed, b"),
    WikitextCase(
      "<math>\\frac{a}{{b}</math>x<score>c</score><timeline>d\ne</timeline><gallery>\nFile:a.jpg|b\n</gallery>", "x"),
    WikitextCase(
      "a<syntaxhighlight lang=\"c\">if (a[[0]]) { }</syntaxhighlight>b<source>x</source><hiero>G</hiero>", "ab"),
    WikitextCase("a<references>b</references><references/>", "a"),
    WikitextCase(
      "<style>a{}</style><script>b</script><imagemap>c</imagemap><pre>d</pre><includeonly>e</includeonly>f", "f"),
    WikitextCase("a</ref>b", "ab"),
  ])
  func `Elements that are no text go with their content`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("<nowiki>[[a]] ''b'' {{c}} &amp; <b></nowiki>", "[[a]] ''b'' {{c}} & <b>"),
    WikitextCase("<nowiki>* a</nowiki>", "* a"),
    WikitextCase("a<nowiki/>b''<nowiki />c", "abc"),
    WikitextCase("{{a|<nowiki>}}</nowiki>}}b", "b"),
  ])
  func `Nowiki is text as it stands`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("<b>a</b><span class=\"x\">b</span> <code>c</code> <SUB>2</SUB>", "ab c 2"),
    WikitextCase("a<br>b<br />c<p>d</p>e", "a\nb\nc\nd\ne"),
    WikitextCase("<ul><li>a</li><li>b</li></ul><blockquote>c</blockquote>", "a\nb\nc"),
    WikitextCase("== A<br/>B ==\nc", "A B\nc"),
    WikitextCase("1 < 2 and 3 > 2, <http://a.b>, <nosuchtag>", "1 < 2 and 3 > 2, <http://a.b>, <nosuchtag>"),
    WikitextCase("a <b", "a <b"),
    WikitextCase("a <b <i>c</i>", "a <b c"),
    WikitextCase("a<onlyinclude>b</onlyinclude>", "ab"),
  ])
  func `Tags of HTML go and leave their content, lines end with blocks`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("[[a]] [[b|c]] [[d#e|f]]s [[g (h)|g]]", "a c fs g"),
    WikitextCase("[[bus]]es, pre[[fix|fixed]]ly", "buses, prefixedly"),
    WikitextCase("[[a|b|c]] [[d|]] [[ e ]] [[:f]]", "b|c d e f"),
    WikitextCase("[[a|''b'' [c] {{d}}]]", "b [c]"),
    WikitextCase("[[a|[b]]]", "[b]"),
    WikitextCase("[[a]]] [[[b]]]", "a] [b]"),
    WikitextCase("[[a b", "[[a b"),
    WikitextCase("[[a [[b]] c]]", "[[a b c]]"),
    WikitextCase("[[a\nb]]", "[[a\nb]]"),
    WikitextCase("[[a<!-- x -->|b]] [[{{c}}|d]]", "b d"),
    WikitextCase("a ]] b", "a ]] b"),
    WikitextCase("[[wikt:a|b]] [[Portal:c]]", "b Portal:c"),
  ])
  func `Links leave their labels, and letters behind them belong to the word`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("[[File:a.jpg|thumb|b [[c|d]] {{e}}]]f", "f"),
    WikitextCase("[[image : a.png]]b[[Файл:a.ogg|c]][[файл:x|y]]", "b"),
    WikitextCase("[[File:a.jpg|[http://b c]]]d", "d"),
    WikitextCase("[[File:a.jpg|b <ref>c</ref>\nd]]e", "e"),
    WikitextCase("[[File:a.jpg|thumb|b]\nc", "c"),
    WikitextCase("[[Картинка:a.jpg|мини|b]]c", "c"),
    WikitextCase("a\n[[Category:b]]\n[[category:c|d]]\n[[Категория:e]]", "a"),
    WikitextCase("[[:Category:a]] [[:File:b.jpg|c]]", "Category:a c"),
    WikitextCase("a [[de:b]] [[zh-min-nan:c]]", "a"),
    WikitextCase("[[:fr:a]] [[Star Wars: b]] [[2001: c|d]]", "fr:a Star Wars: b d"),
    WikitextCase("[[File_talk:a|b]]", "b"),
  ])
  func `Pictures, categories and other languages go, by the names that the wiki gives them`(_ rule: WikitextCase) {
    #expect(Wikitext.plainText(rule.wikitext, namespaces: ["Файл", "Категория"]) == rule.text)
  }

  @Test(arguments: [
    WikitextCase("a [http://b.c/d e f] g", "a e f g"),
    WikitextCase("a [https://b.c] d", "a d"),
    WikitextCase("[//a.b c] [mailto:d@e f] [ftp://g h]", "c f h"),
    WikitextCase("[HTTP://a [[b|c]] d]", "c d"),
    WikitextCase("[http://a{{b}}/c d]", "d"),
    WikitextCase("[http://a never\nb]", "never\nb]"),
    WikitextCase("a[1] [b] http://c.d", "a[1] [b] http://c.d"),
    WikitextCase("[http://a''b'']", "b"),
  ])
  func `Links to elsewhere leave their labels`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("''a'' '''b''' '''''c'''''", "a b c"),
    WikitextCase("don't ''''a'''' b", "don't 'a' b"),
    WikitextCase("L'''Odyssée''", "L'Odyssée"),
    WikitextCase("dell'''arte'' a", "dell'arte a"),
    WikitextCase("a '''b''", "a 'b"),
    WikitextCase("a l'''b'' et l'''c'' et d'''e''", "a l'b et lc et de"),
    WikitextCase("'''''''a'''''", "''a"),
    WikitextCase("'''a\n''b", "a\nb"),
  ])
  func `Quotation marks of bold and italic go, apostrophes stay`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a\n== B ==\nc\n===D===\ne", "a\nB\nc\nD\ne"),
    WikitextCase("== A ==\n=== B ===\nc", "A\nB\nc"),
    WikitextCase("a\n== B ==\n=== C ===\n== D ==\ne\n== F ==", "a\nD\ne"),
    WikitextCase("== ''A'' [[b|c]] == <!-- d -->\ne", "A c\ne"),
    WikitextCase("==A===\nb\n=\nc", "A=\nb\nc"),
    WikitextCase("a = b\n=c", "a = b\n=c"),
  ])
  func `Titles of sections are lines where text follows`(_ rule: WikitextCase) { check(rule) }

  @Test func `Titles of sections and entries of lists are left out when asked`() {
    #expect(Wikitext.plainText("== A ==\nb\n* c", sectionTitles: false) == "b\nc")
    #expect(Wikitext.plainText("== A ==\nb\n* c\n: d", lists: false) == "A\nb")
  }

  @Test(arguments: [
    WikitextCase("* a\n** b\n#c\n: d\n; e : f\n*:# g", "a\nb\nc\nd\ne : f\ng"),
    WikitextCase("*\n* {{a}}\nb", "b"),
    WikitextCase("----\na\n-----b\n-c\n--", "a\nb\n-c\n--"),
    WikitextCase(" preformatted\n\tb  \n\n\n\nc", "preformatted\nb\nc"),
    WikitextCase("&#42; a &#35;", "* a #"),
    WikitextCase("a\r\nb", "a\nb"),
  ])
  func `Markers of lists, rules and empty lines go`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("__TOC__ a __NOTOC__\n__БЕЗСЪДЪРЖАНИЕ__\n__init__ b__C", "a\n__init__ b__C"),
    WikitextCase("__目次強制__\na", "a"),
    WikitextCase("ISBN 0-12-345678-9, RFC 822", "ISBN 0-12-345678-9, RFC 822"),
  ])
  func `Switches of behaviour go, magic links stay`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("-{zh-hans:计算机; zh-hant:電腦}-好", "计算机好"),
    WikitextCase("-{a}-b-{R|c}-", "abc"),
    WikitextCase("-{H|zh-cn:x;zh-tw:y}-a-{T|b}-", "a"),
    WikitextCase("-{A|zh-cn:x[[z|w]];zh-tw:y;}-b", "xwb"),
    WikitextCase("-{zh-hans;zh-hant|a}-", "a"),
    WikitextCase("-{zh:a;b;zh-tw:c}-", "a;b"),
    WikitextCase("a -{{b}} c", "a - c"),
    WikitextCase("-{never closed", "-{never closed"),
  ])
  func `Of variants of a language the first stays`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("a&nbsp;b &amp; &lt;c&gt; &ndash; &#8212;&#x20AC; &Auml;&apos;", "a\u{A0}b & <c> – —€ Ä'"),
    WikitextCase("AT&T; &nosuch; &amp &#1; &#xD800; &;", "AT&T; &nosuch; &amp &#1; &#xD800; &;"),
    WikitextCase("&amp;nbsp;", "&nbsp;"),
    WikitextCase("&#91;&#91;a&#93;&#93; &thetasym;", "[[a]] ϑ"),
  ])
  func `Entities become their characters once`(_ rule: WikitextCase) { check(rule) }

  @Test(arguments: [
    WikitextCase("Aristotle ({{IPA|x}}; 384–322 BC) was", "Aristotle (384–322 BC) was"),
    WikitextCase("a ({{b}}) c ({{d}}, {{e}}) f [{{g}}].", "a c f."),
    WikitextCase("a {{b}} , c {{d}} . e", "a, c. e"),
    WikitextCase("a, {{b}}, c ( d ) {{e}}", "a, c (d)"),
    WikitextCase("孔子（{{拼音}}，前551年）與老子（{{x}}）", "孔子（前551年）與老子"),
    WikitextCase("* {{a}} – {{b}}.\nc", "c"),
    WikitextCase("a  b ( c ) ()", "a  b ( c ) ()"),
  ])
  func `Where something was left out, brackets and commas around the gap are tidied`(_ rule: WikitextCase) {
    check(rule)
  }

  @Test(arguments: [
    "{{{", "[[", "{|\n", "<ref>", "<!--", "-{", "[[a|", "{{a|[[b", "'''", "<table>", "[http://", "<nowiki>", "&",
    "<ref ",
  ])
  func `A megabyte of what nothing closes is read in linear time`(_ piece: String) {
    let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count)
    #expect(Wikitext.plainText(text).utf8.count <= text.utf8.count)
    #expect(Wikitext.plainText("before\n" + text).hasPrefix("before"))
  }

  @Test(arguments: [
    ("{{", "}}"), ("{{nowrap|", "}}"), ("{{lang|fr|[[a|", "]]}}"), ("[[a|", "]]"), ("[[", "]]"),
    ("-{a:", "}-"), ("{{[[", "]]}}"), ("<table>", "</table>"),
    ("'''", "''"),
  ])
  func `A megabyte of nested brackets is read in linear time`(_ open: String, _ close: String) {
    let count = (1 << 19) / open.utf8.count
    let text = String(repeating: open, count: count) + String(repeating: close, count: count)
    #expect(Wikitext.plainText(text).utf8.count <= text.utf8.count)
  }

  @Test func `Any bytes of wikitext give text that is not longer`() {
    let pieces = [
      "{{", "}}", "{{{", "}}}", "[[", "]]", "[", "]", "{|", "|}", "|", "\n", "''", "'''", "<ref>", "</ref>", "<!--",
      "-->", "a",
      " ",
      "<nowiki>", "</nowiki>", "==", "*", "-{", "}-", "&amp;", "<br>", "File:", "http://", "__TOC__", "（", "）", ",",
      "(", ")",
      "é",
      "<table>", "</table>", "zh:", ";", "----", "&#42;",
    ]
    var state: UInt64 = 7
    for _ in 0..<4000 {
      var text = ""
      for _ in 0..<Int(state % 40) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let plain = Wikitext.plainText(text)
      #expect(plain.utf8.count <= text.utf8.count)
      #expect(!plain.contains("\n\n") && !plain.hasPrefix("\n") && !plain.hasSuffix("\n"))
    }
  }

  private func check(_ rule: WikitextCase) { #expect(Wikitext.plainText(rule.wikitext) == rule.text) }
}
