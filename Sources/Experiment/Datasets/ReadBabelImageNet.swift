public import ArtifactTypes
public import Core
internal import Foundation
internal import Imaging

/// Reads the names of ImageNet's classes in up to 298 languages from Babel-ImageNet.
///
/// `babel_imagenet-298.json` maps a language to two lists of equal length: positions among ImageNet's classes, from 0, and names. A pair
/// for each class that has a name: `id` is the class's WordNet id, as ``ReadImageNet`` has it in `group`, the texts its `name`s in the
/// languages in the order of their codes. Source: Geigle, Timofte and Glavaš, “Babel-ImageNet: Massively Multilingual Evaluation of
/// Vision-and-Language Representations”, arXiv 2306.08658.
public struct ReadBabelImageNet: Stage {
  public var file: InputFile
  /// Pairs of ``ReadImageNet``: their groups, in the order of their codes, are the positions' classes.
  public var pictures: Pairs?
  /// How many classes there are; with another number of groups the positions would mean other classes.
  public var classCount = 1000

  /// - Parameters:
  ///   - file: `babel_imagenet-298.json`.
  ///   - pictures: pairs of ``ReadImageNet``; with `nil` a class's id is its position, such as `846`, which is what Dollar Street has.
  public init(file: InputFile, pictures: Pairs?) {
    self.file = file
    self.pictures = pictures
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// A language's two lists.
  private struct Names: Decodable {
    let positions: [Int]
    let names: [String]

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      positions = try list.decode([Int].self)
      names = try list.decode([String].self)
    }
  }

  public func run(_ context: StageContext) async throws -> Pairs {
    let operation = "read Babel-ImageNet"
    let ids = try classIDs(operation)
    let languages: [String: Names]
    do {
      languages = try JSONDecoder().decode([String: Names].self, from: Data(FileBytes.read(file.path)))
    } catch let error as DecodingError {
      throw OperationError(
        operation: operation, subject: file.path,
        cause: "it is not an object that maps languages to a list of positions and a list of names: \(error)")
    }
    var texts = [[PairText]](repeating: [], count: classCount)
    for (language, found) in languages.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard found.positions.count == found.names.count else {
        throw OperationError(
          operation: operation, subject: "\(file.path), \(language)",
          cause: "it has \(found.positions.count) positions and \(found.names.count) names")
      }
      let code = LanguageCodes.cldr(language.lowercased())
      for (position, name) in zip(found.positions, found.names) where !name.stripped.isEmpty {
        guard texts.indices.contains(position) else {
          throw OperationError(
            operation: operation, subject: "\(file.path), \(language)",
            cause: "position \(position) (“\(name)”) is not among the \(classCount) classes")
        }
        texts[position].append(PairText(name.stripped, field: "name", language: code))
      }
    }
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    for (id, texts) in zip(ids, texts) where !texts.isEmpty { try writer.write(Pair(id: id, image: id, texts: texts)) }
    guard writer.count > 0 else {
      throw OperationError(operation: operation, subject: file.path, cause: "no class has a name in it")
    }
    if writer.count < classCount {
      context.note("\(classCount - writer.count) of \(classCount) classes have no name in any language")
    }
    return try writer.finish()
  }

  /// The classes' ids by position.
  private func classIDs(_ operation: String) throws -> [String] {
    guard classCount > 0 else {
      throw OperationError(operation: operation, subject: file.path, cause: "the number of classes has to be above 0")
    }
    guard let pictures else { return (0..<classCount).map(String.init) }
    var groups: Set<String> = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pictures.forEach { pair in if let group = pair.group { groups.insert(group) } }
    guard groups.count == classCount else {
      throw OperationError(
        operation: operation, subject: "\(groups.count) classes with pictures",
        cause:
          "positions count \(classCount) classes, so each needs a picture; read all of ImageNet's folders, or set classCount"
      )
    }
    return groups.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
