import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing

/// Readers of public data sets' layouts, on small samples of their forms.
@Suite final class PublicLayoutTests: Sendable {
  private let folder = temporaryPath("layouts")
  private let noted = Mutex<[String]>([])

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ path: String, _ text: String) throws -> String {
    let url = URL(fileURLWithPath: folder + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func context() throws -> StageContext {
    let scratch = folder + "/scratch-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    return StageContext(scratch: scratch, threads: 2) { report in
      if case .note(let text) = report { self.noted.withLock { $0.append(text) } }
    }
  }

  private func isNoted(_ words: String) -> Bool { noted.withLock { $0.contains { $0.contains(words) } } }

  private func message(_ body: () async throws -> Void) async -> String {
    let error = await #expect(throws: OperationError.self) { try await body() }
    return error?.description ?? ""
  }

  @Test func `CVQA's questions come in both languages, with language and country`() async throws {
    let path = try write(
      "cvqa.jsonl",
      #"""
      {"ID":"q0","image":{"bytes":null,"path":"images/p0.jpg"},"Subset":"('Spanish', 'Chile')",\#
      "Question":"¿Qué es?","Options":["uno","dos","tres","cuatro"],"Translated Question":"What is it?",\#
      "Translated Options":["one","two","three","four"],"Label":2,"Category":"Food"}
      {"ID":"q1","Subset":"('Japanese', 'Japan')","Question":null,"Options":null,"Translated \#
      Question":"Where?","Translated Options":["a","b"],"Label":0}
      {"ID":"q2","Subset":"('Japanese', 'Japan')","Question":"?","Options":["a","b"],"Label":4}
      {"ID":"q0","Question":"?","Options":["a","b"],"Label":1}
      {"ID":"q3","Question":"?","Options":["a","b"],"Label":-1}
      {"ID":"q4","Label":1}
      {"Question":"?","Options":["a","b"],"Label":1}
      {"ID":"q5","Question":7}
      {"ID":
      """#)
    let questions = try await ReadCVQA(file: InputFile(path)).run(context()).all()
    #expect(
      questions == [
        ChoiceQuestion(
          id: "q0", image: "images/p0", language: "Spanish", country: "Chile", answer: 2,
          local: .init(question: "¿Qué es?", options: ["uno", "dos", "tres", "cuatro"]),
          english: .init(question: "What is it?", options: ["one", "two", "three", "four"])),
        ChoiceQuestion(
          id: "q1", image: "q1", language: "Japanese", country: "Japan", answer: 0, local: nil,
          english: .init(question: "Where?", options: ["a", "b"])),
      ])
    #expect(isNoted("2 records have a “Label” that is not among the options"))
    #expect(isNoted("1 records have an ID that was there before") && isNoted("1 records have no “ID”"))
    #expect(isNoted("1 records have no “Label”") || isNoted("1 records have no question with options"))
    #expect(isNoted("2 records cannot be read"))
    let empty = try write("empty.jsonl", "\n")
    #expect(await message { _ = try await ReadCVQA(file: InputFile(empty)).run(context()) }.contains("it is empty"))
  }

  @Test func `Crossmodal-3600's captions come under their keys, in CLDR's languages`() async throws {
    let path = try write(
      "captions.jsonl",
      #"""
      {"image/key":"k0","image/locale":"fi","en":{"caption":["a dog","the dog"],"caption/tokenized":["a \#
      dog"]},"quz":{"caption":["allqu"]},"de":{"caption":[" ein Hund "]}}
      {"image/key":"k1","en":{"caption":[]}}
      {"image/key":"k0","en":{"caption":["again"]}}
      {"en":{"caption":["nobody's"]}}
      {"image/key":"k2","en":["a cat"]}
      """#)
    let pairs = try await ReadCrossmodal(file: InputFile(path)).run(context()).all()
    #expect(
      pairs == [
        Pair(
          id: "k0", image: "k0",
          texts: [
            PairText("ein Hund", field: "caption", language: "de"), PairText("a dog", field: "caption", language: "en"),
            PairText("the dog", field: "caption", language: "en"), PairText("allqu", field: "caption", language: "qu"),
          ], group: "fi")
      ])
    #expect(isNoted("1 records have no captions") && isNoted("key that was there before") && isNoted("no “image/key”"))
    #expect(isNoted("1 records cannot be read"))
  }

  private func square(_ colour: String) -> [UInt8] {
    // A portable pixmap of 4 × 4 pixels.
    Array("P3\n4 4\n255\n".utf8) + Array([String](repeating: colour, count: 16).joined(separator: "\n").utf8) + [10]
  }

  @Test func `A folder of pictures comes under the paths without endings, only those that are asked for`() async throws
  {
    for (name, colour) in [("a/one.ppm", "255 0 0"), ("b/two.ppm", "0 0 255")] {
      _ = try write(name, String(decoding: square(colour), as: UTF8.self))
    }
    _ = try write("b/broken.ppm", "no picture")
    var stage = RenderPictures(folder: folder, size: 4)
    stage.folder = InputFolder(folder, suffixes: [".ppm"])
    let all = try await stage.run(context()).open()
    #expect(all.ids == ["a/one", "b/two"] && isNoted("1 pictures cannot be decoded"))
    #expect(Array(all.pixels(at: 1).prefix(4)) == [0, 0, 255, 255])
    let writer = try PairsWriter(path: folder + "/pairs.jsonl")
    for image in ["a/one", "c/none"] { try writer.write(Pair(id: image, image: image, texts: [])) }
    stage.pairs = try writer.finish()
    #expect(try await stage.run(context()).ids() == ["a/one"])
    #expect(isNoted("1 pictures that were asked for are not there"))
  }

  @Test func `ImageNet's folders give the classes, Babel-ImageNet their names`() async throws {
    for path in ["n02/y.JPEG", "n01/x.JPEG", "n01/x.png", "n03/z.jpg", "stray.jpg"] {
      _ = try write("imagenet/" + path, "")
    }
    let pictures = try await ReadImageNet(folder: folder + "/imagenet").run(context())
    #expect(try pictures.all().map(\.id) == ["n01/x", "n02/y", "n03/z"])
    #expect(try pictures.all().map(\.group) == ["n01", "n02", "n03"])
    #expect(isNoted("1 pictures are in no class's folder") && isNoted("name of another but for its ending"))

    let json = InputFile(try write("babel.json", #"{"EN":[[0,2],["tench","shark"]],"DE":[[2,0],[" Hai ","Schleie"]]}"#))
    var stage = ReadBabelImageNet(file: json, pictures: pictures)
    stage.classCount = 3
    #expect(
      try await stage.run(context()).all() == [
        Pair(
          id: "n01", image: "n01",
          texts: [
            PairText("Schleie", field: "name", language: "de"), PairText("tench", field: "name", language: "en"),
          ]),
        Pair(
          id: "n03", image: "n03",
          texts: [PairText("Hai", field: "name", language: "de"), PairText("shark", field: "name", language: "en")]),
      ])
    #expect(isNoted("1 of 3 classes have no name"))
    #expect(
      await message { _ = try await stage.with(\.classCount, 4).run(context()) }.contains("3 classes with pictures"))
    stage.pictures = nil
    #expect(try await stage.run(context()).all().map(\.id) == ["0", "2"])
    for (text, words) in [
      (#"{"EN":[[0,2],["tench"]]}"#, "2 positions and 1 names"), (#"{"EN":[[3],["x"]]}"#, "position 3"),
      ("{}", "no class has a name"),
      (#"{"EN":{"a":1}}"#, "is not an object that maps languages"),
    ] {
      stage.file = InputFile(try write("bad.json", text))
      #expect(await message { _ = try await stage.run(context()) }.contains(words))
    }
  }

  @Test func `Dollar Street's rows give a pair for each class that is right`() async throws {
    let path = try write(
      "street.csv",
      "\u{FEFF}id,country.name,region.id,topics,imageRelPath,imagenet_synonyms,imagenet_sysnet_id\r\n"
        + "1,\"Korea, South\",as,\"['beds', \"\"children's toys\"\"]\",assets/1/1.jpg,\"['a']\",\"[846, 412]\"\r\n"
        + "2,Haiti,am,\"['a\nb']\",assets/2/2.jpg,\"['a']\",[7]\r\n3,Haiti,am,[],assets/3/3.jpg,[],[]\r\n"
        + "4,Haiti\r\n2,Haiti,am,[],assets/2/2.jpg,[],[8]\r\n")
    let pairs = try await ReadDollarStreet(file: InputFile(path)).run(context()).all()
    #expect(pairs.map(\.id) == ["assets/1/1#846", "assets/1/1#412", "assets/2/2#7"])
    #expect(pairs.map(\.group) == ["846", "412", "7"] && pairs[0].image == "assets/1/1")
    #expect(
      pairs[0].texts == [
        PairText("Korea, South", field: "country", language: "en"), PairText("as", field: "region", language: "en"),
        PairText("beds", field: "topic", language: "en"), PairText("children's toys", field: "topic", language: "en"),
      ])
    #expect(isNoted("1 records have another number of fields than the first, for instance line 6"))
    #expect(isNoted("1 records have no picture or no list of classes") && isNoted("1 pictures were there before"))
    let other = try write("other.csv", "a,b\n1,2\n")
    #expect(
      await message { _ = try await ReadDollarStreet(file: InputFile(other)).run(context()) }.contains("imageRelPath"))
    let open = try write("open.csv", "imageRelPath,imagenet_sysnet_id\n\"a,1\n")
    #expect(await message { _ = try await ReadDollarStreet(file: InputFile(open)).run(context()) }.contains("line 2"))
    let empty = try write("empty.csv", "")
    #expect(
      await message { _ = try await ReadDollarStreet(file: InputFile(empty)).run(context()) }.contains("it is empty"))
  }

  @Test func `GeoDE's rows give objects and regions, and groups become classes`() async throws {
    let path = try write(
      "index.csv",
      "file_name,object,region,ip_country\nangola_hand_soap_1.jpg,hand_soap,Africa,Angola\n"
        + "x_1.jpg,bag,Asia,\n,bag,Asia,\nx_1.jpg,bag,Asia,\n"
    )
    let pairs = try await ReadGeoDE(file: InputFile(path)).run(context())
    #expect(
      try pairs.all() == [
        Pair(
          id: "angola_hand_soap_1", image: "angola_hand_soap_1",
          texts: [
            PairText("Africa", field: "region", language: "en"), PairText("Angola", field: "country", language: "en"),
          ],
          group: "hand_soap"),
        Pair(id: "x_1", image: "x_1", texts: [PairText("Asia", field: "region", language: "en")], group: "bag"),
      ])
    #expect(isNoted("1 records have no picture or no object") && isNoted("1 pictures were there before"))
    let classes = try await NameGroups(pairs).run(context()).all()
    #expect(classes.map(\.id) == ["bag", "hand_soap"] && classes[1].text(in: "en", field: "name") == "hand soap")
    let none = try PairsWriter(path: folder + "/none.jsonl")
    try none.write(Pair(id: "a", image: "a", texts: []))
    let without = try none.finish()
    #expect(await message { _ = try await NameGroups(without).run(context()) }.contains("none of them has a group"))
  }
}
