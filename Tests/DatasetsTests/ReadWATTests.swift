import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct SHA224Tests {
  /// FIPS 180-4's examples, as NIST publishes them.
  @Test(arguments: [
    ("", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"),
    ("abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"
    ),
    (String(repeating: "a", count: 1_000_000), "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"),
  ])
  func `Digests are those of the standard`(_ text: String, _ digest: String) {
    #expect(SHA224.hash(Array(text.utf8)).hexadecimal == digest)
  }

  @Test func `Any length is as sha224sum has it`() throws {
    let folder = try temporaryFolder()
    let lengths = Array(0...130)
    for length in lengths { try write([UInt8](repeating: 97, count: length), to: "\(folder)/\(length + 1000)") }
    try shell("sha224sum 1* > sums", in: folder)
    let sums = String(decoding: try read(folder + "/sums"), as: UTF8.self).split(separator: "\n").map {
      String($0.prefix(56))
    }
    #expect(lengths.map { SHA224.hash([UInt8](repeating: 97, count: $0)).hexadecimal } == sums)
  }
}

@Suite struct WebAddressTests {
  /// RFC 3986, §5.4, whose scheme without host is taken for the page's own, as that section allows.
  @Test(arguments: [
    ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
    ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q#s"),
    ("g#s", "http://a/b/c/g#s"), ("g?y#s", "http://a/b/c/g?y#s"), (";x", "http://a/b/c/;x"),
    ("g;x", "http://a/b/c/g;x"),
    ("g;x?y#s", "http://a/b/c/g;x?y#s"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"),
    ("..", "http://a/b/"), ("../", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
    ("../../", "http://a/"),
    ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("../../../../g", "http://a/g"), ("/./g", "http://a/g"),
    ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"), ("g..", "http://a/b/c/g.."),
    ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"),
    ("g/./h", "http://a/b/c/g/h"),
    ("g/../h", "http://a/b/c/h"), ("g;x=1/./y", "http://a/b/c/g;x=1/y"), ("g;x=1/../y", "http://a/b/c/y"),
    ("g?y/./x", "http://a/b/c/g?y/./x"), ("g?y/../x", "http://a/b/c/g?y/../x"), ("g#s/./x", "http://a/b/c/g#s/./x"),
    ("g#s/../x", "http://a/b/c/g#s/../x"), ("http:g", "http://a/b/c/g"),
    // What the web holds: white space around and within, letters that are not ASCII, colons in a path.
    (" \n g\t.png ", "http://a/b/c/g.png"), ("é 猫.png", "http://a/b/c/é 猫.png"), ("./x:y", "http://a/b/c/x:y"),
    ("https://h/a/../b", "https://h/a/../b"), ("HTTP://H/x", "HTTP://H/x"), ("1:2", "http://a/b/c/1:2"),
  ])
  func `An address means on a page what RFC 3986 says`(_ address: String, _ expected: String) {
    #expect(WebAddress("http://a/b/c/d;p?q").resolving(WebAddress(address)).text == expected)
  }

  @Test func `A page without path, and what is of the web`() {
    #expect(WebAddress("http://a.com").resolving(WebAddress("x.png")).text == "http://a.com/x.png")
    #expect(WebAddress("http://a.com?q").resolving(WebAddress("../x")).text == "http://a.com/x")
    #expect(WebAddress("https://a/b").isOfTheWeb && !WebAddress("data:image/png;base64,AA").isOfTheWeb)
    #expect(!WebAddress("/a").isOfTheWeb && !WebAddress("http:///a").isOfTheWeb)
  }
}

@Suite struct ReadWATTests {
  /// A WARC record as Common Crawl writes it.
  private func record(_ page: String?, _ body: String, type: String = "metadata") -> String {
    "WARC/1.0\r\nWARC-Type: \(type)\r\n" + (page.map { "WARC-Target-URI: \($0)\r\n" } ?? "")
      + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)\r\n\r\n"
  }

  private func envelope(_ html: String) -> String {
    #"{"Container":{"Compressed":true,"Offset":"1"},"Envelope":{"Format":"WARC","#
      + #""Payload-Metadata":{"Actual-Content-Type":"#
      + #""application/http","HTTP-Response-Metadata":{"Headers":{"Server":"x"},"HTML-Metadata":\#(html),"#
      + #""Response-Message":{"Status":"200"}}},"WARC-Header-Length":"3"}}"#
  }

  private func page(_ links: String, base: String? = nil) -> String {
    envelope(#"{"Links":[\#(links)],"Head":{"Title":"t"\#(base.map { #","Base":"\#($0)""# } ?? "")}}"#)
  }

  private func read(_ files: [String: String], packed: Bool = false, notes: NoteList = NoteList(), threads: Int = 2)
    async throws
    -> [Pair]
  {
    let root = try temporaryFolder()
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(name)"))
      if packed { try shell("gzip \(name)", in: root) }
    }
    return try await ReadWAT(folder: root).run(notes.context(threads: threads)).all()
  }

  @Test func `A picture's id is MetaCLIP's`() async throws {
    #expect(ReadWAT.imageID(address: "http://a.com/xy.jpg") == "170f85e6db0ecb43a76c88e5")
    #expect(ReadWAT.imageID(address: "http://a.com/ x\ty.jpg") == "170f85e6db0ecb43a76c88e5")
    let link = #"{"path":"IMG@/src","url":"x y.jpg","alt":"a dog"}"#
    #expect(try await read(["a.wat": record("http://a.com/", page(link))]).map(\.image) == ["170f85e6db0ecb43a76c88e5"])
  }

  @Test func `Pictures come with their texts, cleaned, as fields of the attributes' names`() async throws {
    let links = [
      #"{"path":"A@/href","url":"/x","text":"no picture","alt":"no"}"#,
      #"{"title":" a\ndog\r ","path":"IMG@/src","alt":"  dog\u00a0","url":"/1.png"}"#,
      #"{"path":"IMG@/src","url":"/2.png"}"#, #"{"path":"IMG@/src","url":"/3.png","alt":" \n ","title":""}"#,
      #"{"path":"IMG@/src","alt":"without address"}"#,
      #"{"path":"IMG@/src","url":"4.png","data-image-title":"four","alt":7}"#,
      #"{"path":"IMG@/src","url":"data:image/png;base64,AAAA","alt":"in the page"}"#, "17",
      #"{"path":"IMG@/srcset","url":"//b.org/5.png","alt":"five"}"#,
      #"{"path":"IMG@/data-src","url":"6.png","alt":"six"}"#,
    ]
    let notes = NoteList()
    let pairs = try await read(
      [
        "a.wat": record("x:y", #"{"a":1}"#, type: "warcinfo")
          + record("http://a.com/b/c", page(links.joined(separator: ",")))
      ],
      notes: notes)
    #expect(
      pairs.map(\.texts) == [
        [PairText("dog", field: "alt"), PairText("a dog", field: "title")],
        [PairText("four", field: "data-image-title")],
        [PairText("five", field: "alt")],
      ])
    #expect(
      pairs.map(\.image)
        == ["http://a.com/1.png", "http://a.com/b/4.png", "http://b.org/5.png"].map {
          ReadWAT.imageID(address: $0)
        })
    #expect(pairs.allSatisfy { $0.id.hasPrefix($0.image + ".") && $0.id.count == 24 + 1 + 16 })
    #expect(notes.all.count == 1 && notes.all[0].hasPrefix("1 pictures have no address on the web"))
  }

  @Test func `Addresses count from the page's base`() async throws {
    let link = #"{"path":"IMG@/src","url":"1.png","alt":"x"}"#
    for (base, address) in [
      ("http://b.org/d/", "http://b.org/d/1.png"), ("/e/", "http://a.com/e/1.png"), ("", "http://a.com/b/1.png"),
    ] {
      let pairs = try await read(["a.wat": record("http://a.com/b/c", page(link, base: base))])
      #expect(pairs.map(\.image) == [ReadWAT.imageID(address: address)])
    }
  }

  @Test func `A picture on two pages is two pairs, twice on a page it is one`() async throws {
    func link(_ text: String) -> String { #"{"path":"IMG@/src","url":"/1.png","alt":"\#(text)"}"# }
    let notes = NoteList()
    let text =
      record("http://a.com/1", page([link("x"), link("y"), link("x")].joined(separator: ",")))
      + record("http://a.com/2", page(link("x"))) + record("http://a.com/1", page(link("again")))
    let pairs = try await read(["a.wat": text], notes: notes)
    #expect(pairs.map { $0.texts.map(\.text) } == [["x", "y"], ["x"]])
    #expect(Set(pairs.map(\.image)).count == 1 && Set(pairs.map(\.id)).count == 2)
    #expect(notes.all.count == 1 && notes.all[0].contains("there before"))
  }

  @Test func `Members of gzip, files and threads make no difference`() async throws {
    let root = try temporaryFolder()
    var all = ""
    for file in 0..<6 {
      for number in 0..<30 {
        let links = (0..<5).map { #"{"path":"IMG@/src","url":"/\#(number % 7)/\#($0).png","alt":"n \#(file)"}"# }
        let text = record("http://a\(file).com/\(number)", page(links.joined(separator: ",")))
        all += text
        try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/record"))
        try shell("gzip -c record >> \(file).wat.gz", in: root)
      }
    }
    let one = try await ReadWAT(folder: root).run(NoteList().context(threads: 1))
    let four = try await ReadWAT(folder: root).run(NoteList().context(threads: 4))
    #expect(one.content.digest == four.content.digest && one.content.files.count == 6)
    #expect(try one.all() == (try await read(["all.wat": all])))
    #expect(try one.count() == 900)
  }

  @Test func `Broken records are counted, and a file that ends early is an error`() async throws {
    let good = record("http://a.com/", page(#"{"path":"IMG@/src","url":"1.png","alt":"x"}"#))
    let notes = NoteList()
    let text =
      good + record("http://a.com/2", #"{"Envelope":{"#)
      + record(nil, page(#"{"path":"IMG@/src","url":"1.png","alt":"x"}"#))
      + record("http://a.com/3", "{}") + record("http://a.com/4", #"{"Envelope":[1]}"#)
      + record("http://a.com/5", envelope("null"))
    #expect(try await read(["a.wat": text], notes: notes).count == 1)
    #expect(notes.all.count == 2)
    #expect(notes.all.contains { $0.hasPrefix("1 records are no JSON, for instance a.wat:15") })
    #expect(notes.all.contains { $0.hasPrefix("1 records have no WARC-Target-URI, for instance a.wat:22") })
    let error = await #expect(throws: OperationError.self) {
      try await read(["a.wat": good + String(good.dropLast(30))])
    }
    #expect(error?.endsEarly == true)
    await #expect(throws: OperationError.self) { try await read(["a.wat": "hello\n"]) }
  }
}
