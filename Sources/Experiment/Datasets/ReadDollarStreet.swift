public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads which of ImageNet's classes the pictures of Dollar Street show: homes of all incomes in 63 countries.
///
/// `images_v2_imagenet_test.csv` has the columns `imageRelPath` and `imagenet_sysnet_id` (`[846, 412]`: any of these is right); of others
/// `country.name`, `region.id` and `topics` are read. A pair for each picture and class: `image` is the path without its ending, `id` the
/// path, `#` and the class, `group` the class's position among ImageNet's, the texts `country`, `region` and `topic`. The classes come
/// from ``ReadBabelImageNet`` without pictures, the pictures from ``RenderPictures``. Source: Gaviria Rojas and others, “The Dollar Street
/// Dataset”, NeurIPS 2022.
public struct ReadDollarStreet: Stage {
  public var file: InputFile

  /// - Parameter file: such as `images_v2_imagenet_test.csv`.
  public init(file: InputFile) { self.file = file }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    var table = try CSVFile(path: file.path, columns: ["imageRelPath", "imagenet_sysnet_id"])
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let record = try table.next() {
      guard case .success(let row) = record else {
        if case .failure(let fault) = record {
          faults.add("records have another number of fields than the first", "line \(fault.line)")
        }
        continue
      }
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
      var texts: [PairText] = []
      for (column, field) in [("country.name", "country"), ("region.id", "region")] {
        if let text = row[column]?.stripped, !text.isEmpty {
          texts.append(PairText(text, field: field, language: "en"))
        }
      }
      for topic in PythonList.members(row["topics"] ?? "") ?? [] where !topic.isEmpty {
        texts.append(PairText(topic, field: "topic", language: "en"))
      }
      var own: Set<String> = []
      for name in classes where own.insert(name).inserted {
        try writer.write(Pair(id: "\(image)#\(name)", image: image, texts: texts, group: name))
      }
    }
    try faults.check(kept: writer.count, operation: "read Dollar Street", subject: file.path)
    faults.note(in: context)
    return try writer.finish()
  }
}
