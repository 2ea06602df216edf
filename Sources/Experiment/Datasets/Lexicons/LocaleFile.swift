internal import FileFormats

/// One of CLDR's XML files, read element by element.
struct LocaleFile {
  private let mapped: MappedBytes

  /// The text that means “as the parent has it”.
  static let inherit = "↑↑↑"

  init(path: String) throws { mapped = try MappedBytes(path: path) }

  /// Calls `body` with every opening tag.
  /// - Parameter container: the element inside which tags count, and after whose end reading stops; the whole file
  ///   when `nil`.
  func forEachTag(inside container: StaticString? = nil, _ body: (MarkupReader.Tag) -> Void) {
    forEachEvent(inside: container) { event in
      if case .start(let tag, _) = event { body(tag) }
    }
  }

  /// Calls `body` with the texts of elements.
  /// - Parameters:
  ///   - container: the element inside which tags count, and after whose end reading stops; the whole file when `nil`.
  ///   - key: what to file the text of an element under, by its tag; `nil` for an element that is not wanted.
  func forEachText<Key>(
    inside container: StaticString? = nil, key: (MarkupReader.Tag) -> Key?, _ body: (Key, String) -> Void
  ) {
    var current: Key?
    forEachEvent(inside: container) { event in
      switch event {
      // An empty tag has no text: a file's own identity is one, `<language type="en"/>`.
      case .start(let tag, let isEmpty): current = isEmpty ? nil : key(tag)
      case .text(let span):
        if let key = current { body(key, span.text) }
        current = nil
      case .end: current = nil
      }
    }
  }

  private func forEachEvent(inside container: StaticString?, _ body: (MarkupReader.Event) -> Void) {
    // The reader points into the mapped bytes without keeping them alive.
    withExtendedLifetime(mapped) {
      var reader = MarkupReader(mapped.bytes)
      var isInside = container == nil
      while let event = reader.next() {
        if let container {
          if case .start(let tag, _) = event, tag.name.is(container) { isInside = true }
          if case .end(let name) = event, name.is(container) { return }
        }
        if isInside { body(event) }
      }
    }
  }
}
