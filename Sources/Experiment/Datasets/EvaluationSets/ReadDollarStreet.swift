public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the ImageNet classes that the pictures of Dollar Street show: homes of all incomes in 63 countries.
///
/// `images_v2_imagenet_test.csv` has the columns `imageRelPath` and `imagenet_sysnet_id` (`[846, 412]`: any of these
/// is right); of others `country.name`, `region.id` and `topics` are read. A pair for each picture and class: `image`
/// is the path without its ending, `id` the path, `#` and the class, `group` the class's position among ImageNet's,
/// the texts `country`, `region` and `topic`. The classes come from ``ReadBabelImageNet`` without pictures, the
/// pictures from ``RenderPictures``. Source: Gaviria Rojas and others, “The Dollar Street Dataset”, NeurIPS 2022.
public struct ReadDollarStreet: Stage {
  /// The table of the pictures.
  public var file: InputFile

  /// Reads one table.
  /// - Parameter file: such as `images_v2_imagenet_test.csv`.
  public init(file: InputFile) { self.file = file }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the classes in the order of the table; of several records of one picture the first.
  /// - Throws: ``OperationError`` when a column is missing or no record can be used. A record that cannot be used is
  ///   not an error; it is noted.
  public func run(_ context: StageContext) async throws -> Pairs {
    var table = try CSVFile(path: file.path, columns: ["imageRelPath", "imagenet_sysnet_id"])
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let row = try table.nextRow(faults: &faults) {
      let path = row["imageRelPath"] ?? ""
      let classes = PythonList.members(row["imagenet_sysnet_id"] ?? "") ?? []
      guard !path.isEmpty, !classes.isEmpty, classes.allSatisfy({ Int($0).map { $0 >= 0 } ?? false }) else {
        faults.add("records have no picture or no list of classes", path.isEmpty ? "line \(table.line)" : path)
        continue
      }
      let image = FolderPath.stem(path)
      guard seen.insert(image).inserted else {
        faults.add("pictures were there before and are left out", path)
        continue
      }

      let texts = Self.texts(row)
      // A pair for each class, even if the list repeats one.
      var own: Set<String> = []
      for name in classes where own.insert(name).inserted {
        try writer.write(Pair(id: "\(image)#\(name)", image: image, texts: texts, group: name))
      }
    }

    try faults.check(kept: writer.count, operation: "read Dollar Street", subject: file.path)
    faults.note(in: context)
    return try writer.finish()
  }

  private static func texts(_ row: [String: String]) -> [PairText] {
    let places = [("country.name", "country"), ("region.id", "region")].compactMap { column, field in
      row[column].map { PairText($0.stripped, field: field, language: "en") }
    }
    let topics = (PythonList.members(row["topics"] ?? "") ?? []).map { PairText($0, field: "topic", language: "en") }
    return (places + topics).filter { !$0.text.isEmpty }
  }
}
