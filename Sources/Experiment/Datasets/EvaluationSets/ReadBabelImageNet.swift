public import ArtifactTypes
public import Core
internal import Foundation
internal import Imaging

/// Reads the names of ImageNet's classes in up to 298 languages from Babel-ImageNet.
///
/// `babel_imagenet-298.json` maps a language to two lists of equal length: positions among ImageNet's classes, from
/// 0, and names. A pair for each class that has a name: `id` is the class's WordNet id, as ``ReadImageNet`` has it in
/// `group`, the texts its `name`s in the languages in the order of their codes. Source: Geigle, Timofte and Glavaš,
/// “Babel-ImageNet: Massively Multilingual Evaluation of Vision-and-Language Representations”, arXiv 2306.08658.
public struct ReadBabelImageNet: Stage {
  /// The file `babel_imagenet-298.json`.
  public var file: InputFile
  /// Pairs of ``ReadImageNet``: their groups, in the order of their codes, are the positions' classes. With `nil` a
  /// class's id is its position.
  public var pictures: Pairs?
  /// The number of classes; with another number of groups the positions would mean other classes.
  public var classCount = 1000

  private static let operation = "read Babel-ImageNet"

  /// - Parameters:
  ///   - file: `babel_imagenet-298.json`.
  ///   - pictures: pairs of ``ReadImageNet``; with `nil` a class's id is its position, such as `846`, which is what
  ///     Dollar Street has.
  public init(file: InputFile, pictures: Pairs?) {
    self.file = file
    self.pictures = pictures
  }

  /// The digest of this module's sources.
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

  /// Reads the names; classes without one are left out and noted.
  /// - Throws: ``OperationError`` when the file has another form, a position is not a class's, no class has a name,
  ///   or the number of groups is not ``classCount``.
  public func run(_ context: StageContext) async throws -> Pairs {
    let ids = try classIDs()
    let names = try classNames()
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    for (id, texts) in zip(ids, names) where !texts.isEmpty { try writer.write(Pair(id: id, image: id, texts: texts)) }
    guard writer.count > 0 else {
      throw OperationError(operation: Self.operation, subject: file.path, cause: "no class has a name in it")
    }
    if writer.count < classCount {
      context.note("\(classCount - writer.count) of \(classCount) classes have no name in any language")
    }
    return try writer.finish()
  }

  /// The names of each class, by position, in the order of the languages.
  private func classNames() throws -> [[PairText]] {
    let languages: [String: Names]
    do {
      languages = try JSONDecoder().decode([String: Names].self, from: Data(FileBytes.read(file.path)))
    } catch let error as DecodingError {
      throw OperationError(
        operation: Self.operation, subject: file.path,
        cause: "it is not an object that maps languages to a list of positions and a list of names: \(error)")
    }

    var texts = [[PairText]](repeating: [], count: classCount)
    for (language, found) in languages.sorted(by: { $0.key.precedes($1.key) }) {
      let subject = "\(file.path), \(language)"
      guard found.positions.count == found.names.count else {
        throw OperationError(
          operation: Self.operation, subject: subject,
          cause: "it has \(found.positions.count) positions and \(found.names.count) names")
      }
      let code = LanguageCodes.cldr(language.lowercased())
      for (position, name) in zip(found.positions, found.names) where !name.stripped.isEmpty {
        guard texts.indices.contains(position) else {
          throw OperationError(
            operation: Self.operation, subject: subject,
            cause: "position \(position) (“\(name)”) is not among the \(classCount) classes")
        }
        texts[position].append(PairText(name.stripped, field: "name", language: code))
      }
    }
    return texts
  }

  /// The classes' ids by position.
  private func classIDs() throws -> [String] {
    guard classCount > 0 else {
      throw OperationError(
        operation: Self.operation, subject: file.path, cause: "the number of classes has to be above 0")
    }
    guard let pictures else { return (0..<classCount).map(String.init) }
    let groups = try pictures.groups()
    guard groups.count == classCount else {
      throw OperationError(
        operation: Self.operation, subject: "\(groups.count) classes with pictures",
        cause: """
          positions count \(classCount) classes, so each needs a picture; \
          read all of ImageNet's folders, or set classCount
          """)
    }
    return groups.sorted { $0.precedes($1) }
  }
}
