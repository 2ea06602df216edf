package import ArtifactTypes
package import Core

/// The opened pictures of a ``PictureInput``: pixels, or encoded pictures with what decodes them.
package enum OpenPictures: Sendable {
  /// Pixels of one size, read from the file as they are used.
  case set(Pictures)
  /// Encoded pictures, read and decoded as they are used.
  case encoded(EncodedPictures, Vips)

  /// The ids in order.
  package var ids: [String] {
    switch self {
    case .set(let pictures): pictures.ids
    case .encoded(let pictures, _): pictures.ids
    }
  }

  /// The number of pictures.
  package var count: Int { ids.count }

  /// The position of the picture with an id, in 0..<``count``; `nil` when there is no such picture.
  package func position(of id: String) -> Int? {
    switch self {
    case .set(let pictures): pictures.position(of: id)
    case .encoded(let pictures, _): pictures.position(of: id)
    }
  }

  /// Notes the files and samples that were left out when a folder was looked through.
  package func note(in context: StageContext) {
    if case .encoded(let pictures, _) = self { pictures.faults.note(in: context) }
  }
}
