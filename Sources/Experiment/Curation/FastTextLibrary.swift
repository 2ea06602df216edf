internal import CFastText
internal import Core
internal import LibraryLoading

/// The library libfasttext, which trains models, and against which ``FastTextModel`` is measured.
package struct FastTextLibrary {
  /// The options of a training, as ``TrainLanguageIdentifier`` describes them.
  struct Training {
    /// The learning rate at the start.
    var rate: Double
    var dimension, epochs, shortestNgram, longestNgram, wordNgrams, buckets, minimumCount: Int
    var isHierarchical: Bool
    var seed: Int
    /// The number of words and n-grams that are kept, quantised; `nil` for all of them in full.
    var kept: Int?
  }

  private let table: UnsafePointer<cfasttext_api>

  /// Loads the library.
  /// - Throws: ``LoadedLibraryError`` when fastText is missing.
  package init() throws {
    table = try LoadedLibrary.table("libColophonFastText.so", symbol: "cfasttext_api_table", as: cfasttext_api.self)
  }

  /// Trains a model on one thread.
  /// - Parameters:
  ///   - input: a file with `__label__xx` and a text on each line.
  ///   - output: the model file.
  ///   - progress: called now and then with the share that is done, 0...1; it returns `false` to stop the training.
  /// - Throws: ``OperationError`` with fastText's reason; `CancellationError` when `progress` stopped it.
  func train(_ training: Training, input: String, output: String, progress: (Double) -> Bool) throws {
    var error: UnsafeMutablePointer<CChar>?
    var isStopped = false
    let failed = input.withCString { input in
      output.withCString { output in
        var options = cfasttext_training(
          input: input, output: output, rate: training.rate, dimension: Int32(clamping: training.dimension),
          epochs: Int32(clamping: training.epochs), shortest: Int32(clamping: training.shortestNgram),
          longest: Int32(clamping: training.longestNgram), word_ngrams: Int32(clamping: training.wordNgrams),
          buckets: Int32(clamping: training.buckets), minimum_count: Int32(clamping: training.minimumCount),
          is_hierarchical: training.isHierarchical ? 1 : 0,
          seed: Int32(truncatingIfNeeded: training.seed), is_quantised: training.kept == nil ? 0 : 1,
          kept: UInt64(clamping: training.kept ?? 0))

        // C passes `report` through as a pointer; it does not outlive this call.
        return withoutActuallyEscaping(progress) { progress in
          var report: (Float) -> Bool = { done in
            if !progress(Double(done)) { isStopped = true }
            return !isStopped
          }
          return withUnsafeMutablePointer(to: &report) { report in
            table.pointee.train(
              &options,
              { context, done in
                guard let report = context?.assumingMemoryBound(to: ((Float) -> Bool).self) else { return 1 }
                return report.pointee(done) ? 0 : 1
              }, report, &error)
          }
        }
      }
    }

    guard failed != 0 else { return }
    defer { table.pointee.release(error) }
    if isStopped { throw CancellationError() }
    throw OperationError(
      operation: "train a language identifier", subject: input,
      cause: error.map { String(cString: $0) } ?? "no reason was given")
  }

  /// A model that libfasttext has opened.
  ///
  /// Sendable: the handle is only read after `init`, which fastText allows on several threads.
  package final class Model: @unchecked Sendable {
    private let table: UnsafePointer<cfasttext_api>
    private let handle: UnsafeMutableRawPointer

    /// Opens a model file.
    /// - Throws: ``LoadedLibraryError`` when fastText is missing; ``OperationError`` when the file is no model.
    package init(path: String) throws {
      let table = try FastTextLibrary().table
      var error: UnsafeMutablePointer<CChar>?
      guard let handle = table.pointee.open(path, &error) else {
        defer { table.pointee.release(error) }
        throw OperationError(
          operation: "open the language model", subject: path,
          cause: error.map { String(cString: $0) } ?? "no reason was given")
      }
      self.table = table
      self.handle = handle
    }

    deinit { table.pointee.close(handle) }

    /// The most probable label, without its prefix, and its probability, 0...1; `nil` when the model knows nothing of
    /// the text.
    /// - Throws: ``OperationError`` with fastText's reason.
    package func predict(_ text: String) throws -> (label: String, probability: Double)? {
      var text = text
      var label = [CChar](repeating: 0, count: 64)
      var probability: Float = 0
      var error: UnsafeMutablePointer<CChar>?
      let failed = text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          table.pointee.predict(handle, $0.baseAddress, $0.count, &label, label.count, &probability, &error)
        }
      }

      guard failed == 0 else {
        defer { table.pointee.release(error) }
        throw OperationError(
          operation: "identify a language", subject: "“\(text.prefix(40))”",
          cause: error.map { String(cString: $0) } ?? "no reason was given")
      }
      let name = String(decoding: label.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return name.isEmpty ? nil : (name, Double(probability))
    }
  }
}
