internal import ArtifactTypes
internal import Core
internal import Foundation
internal import Imaging
internal import Tensor

/// The steps of one training, from the first one or from the one at which an earlier run of the same training was
/// stopped.
struct TrainingLoop {
  private let settings: TrainCLIP
  private let context: StageContext
  private let group: ProcessGroup
  private let pictures: OpenPictures
  private let source: CaptionSource
  private let schedule: WarmUpCosine
  private(set) var clip: CLIPModel
  private(set) var record: TrainingRecord
  private var optimizer: AdamW
  private var batch: TrainingBatch
  private let clock = SuspendingClock()
  /// The time at which the state is to be saved again.
  private var due: SuspendingClock.Instant
  /// The number of steps of the saved state; `nil` when none is saved.
  private var savedSteps: Int?
  private var cannotSave = false

  /// Opens the inputs and restores a saved state, if there is one.
  /// - Parameter group: the processes of this training; only the first one saves and reports.
  /// - Throws: ``OperationError`` when an input cannot be opened, or there are fewer pictures than processes.
  init(_ settings: TrainCLIP, _ context: StageContext, group: ProcessGroup = .single) throws {
    self.settings = settings
    self.context = context
    self.group = group

    pictures = try settings.pictures.open()
    let pieces = try SentencePieceModel(settings.tokenizer)
    source = try CaptionSource(
      settings.pairs, pictures: pictures, tokenizer: pieces, contextLength: settings.model.contextLength,
      balancing: settings.keeping.map { (try $0.open(), settings.samplingMode, settings.seed) })
    let count = min(settings.picturesPerStep, source.pictures.count)
    batch = TrainingBatch(settings.model, count: count, own: try group.share(of: count), of: pictures)
    schedule = WarmUpCosine(
      peak: settings.learningRate, warmUpSteps: settings.warmUpSteps,
      steps: settings.stepCount(picturesPerStep: count))

    // Also needed for a saved state, which must have its names and shapes.
    let initial = try CLIPModel.initial(
      settings.model, vocabularySize: pieces.count, precision: settings.precision, seed: settings.streams)
    var rules = AdamW.Settings()
    rules.weightDecay = settings.weightDecay
    rules.maximumNorm = settings.maximumGradientNorm
    let fingerprint = try settings.fingerprint()
    if let saved = try group.sharing(Self.saved(fingerprint, context)),
      let (parameters, optimizer) = Self.restored(saved, initial.parameters, rules: rules, context: context)
    {
      clip = CLIPModel(
        settings.model, vocabularySize: pieces.count, parameters: parameters, precision: settings.precision)
      self.optimizer = optimizer
      record = saved.record
      savedSteps = record.steps
      context.note("continued after step \(record.steps) of \(schedule.steps), where an earlier run had stopped")
    } else {
      clip = initial
      optimizer = try AdamW(initial.parameters, rules)
      record = TrainingRecord(fingerprint: fingerprint)
    }
    clip.recomputesActivations = settings.recomputesActivations
    due = clock.now + context.partial.interval
  }

  /// Makes all steps that are left.
  /// - Throws: ``OperationError`` when a loss or a gradient is not finite; `CancellationError`, after the state was
  ///   saved.
  mutating func run() throws {
    let interval = max(1, schedule.steps / 100)
    let (start, pairsBefore) = (clock.now, record.pairs)
    func speed() -> Double { Double(record.pairs - pairsBefore) / ((clock.now - start) / .seconds(1)) }

    try SharedGradients.requireEqual(clip.parameters, after: record.steps, group: group)
    let batches = batches()
    defer { batches.stop() }

    while record.steps < schedule.steps {
      if Task.isCancelled {
        save()
        throw CancellationError()
      }
      let loss: Double
      do {
        loss = try step(batches)
      } catch let error as ProcessGroupError {
        // This process still holds the state after the last step.
        save()
        throw error
      }

      var shown = loss
      if record.steps.isMultiple(of: interval) || record.steps == schedule.steps {
        shown = record.loss / Double(record.summed)
        record.closeRow(
          learningRate: schedule.rate(at: record.steps - 1), logitScale: exp(try clip.parameters["logit_scale"].item()))
        try SharedGradients.requireEqual(clip.parameters, after: record.steps, group: group)
      }
      context.progress(
        record.steps, of: schedule.steps,
        "steps, loss \(String(format: "%.3f", shown)), \(String(format: "%.0f", speed())) pairs/s")
    }

    context.measure("throughput", speed(), unit: "pairs/s")
    context.measure("parameters", Double(clip.parameters.count))
    noteBroken()
  }

  /// The batches of all steps that are left, drawn while the model computes.
  private func batches() -> Prefetcher<TrainingBatch> {
    let (settings, source, pictures, empty, steps) = (settings, source, pictures, batch, schedule.steps)
    let order = PictureOrder(count: source.pictures.count, seed: settings.streams, given: record.pictures)
    let byteCount = PictureBatch.byteCount(frame: settings.model.pictureSize, count: batch.count)
    return Prefetcher(depth: byteCount <= Self.largeBatch ? 2 : 1, (order: order, step: record.steps)) {
      next, isStopped in
      guard next.step < steps else { return nil }
      var batch = empty
      try batch.draw(
        next.step, settings: settings, captions: source, of: pictures, order: &next.order, isStopped: isStopped)
      next.step += 1
      return batch
    }
  }

  /// The size in bytes above which only one batch waits.
  private static let largeBatch = 256 << 20

  /// Notes the pictures that cannot be decoded.
  private func noteBroken() {
    pictures.note(in: context)
    guard case .encoded = pictures else { return }
    context.measure("broken pictures", Double(record.broken.count))
    guard !record.broken.isEmpty else { return }
    context.note(
      "\(record.broken.count) pictures cannot be decoded and were skipped, for instance "
        + record.brokenExamples.joined(separator: ", "))
  }

  /// Makes one step.
  /// - Returns: the loss.
  private mutating func step(_ batches: Prefetcher<TrainingBatch>) throws -> Double {
    do {
      batch = try batches.next()
    } catch let error as CancellationError {
      save()
      throw error
    }

    let loss = try gradients()
    guard loss.isFinite else { throw fault("the loss is \(loss)") }
    // A finite loss shows that the state before the step is good.
    if clock.now >= due { save() }

    let norm = try optimizer.step(learningRate: schedule.rate(at: record.steps))
    guard norm.isFinite else { throw fault("the norm of the gradient is \(norm)") }
    // Source of the range: MetaCLIP 2, §6.
    try clip.parameters["logit_scale"].clamp(to: 0...log(100))

    record.add(loss: loss, gradientNorm: norm, pairs: batch.captions.count)
    record.pictures = batch.given
    record.add(broken: batch.broken, ids: pictures.ids)
    return loss
  }

  /// Adds up the gradients of the batch's loss.
  /// - Returns: the loss.
  private func gradients() throws -> Double {
    if group.size > 1 { return try SharedGradients.backward(batch, clip, part: settings.microBatch, group: group) }

    let (batch, clip) = (batch, clip)
    let contrast = ContrastiveLoss(owners: batch.owners, texts: batch.numbers)
    let logitScale = try clip.parameters["logit_scale"]
    let part = settings.microBatch
    guard part > 0, part < batch.count else {
      let loss = try contrast(
        pictures: clip.encode(patches: batch.pictures.patches(), count: batch.count),
        texts: clip.encode(batch.texts(of: 0..<batch.count)), logitScale: logitScale)
      let value = try loss.item()
      try loss.backward()
      return value
    }

    // In parts, each part is encoded twice, so that the loss is that of the whole step.
    let parts = stride(from: 0, to: batch.count, by: part).map { $0..<min($0 + part, batch.count) }
    return try CachedGradients.backward(
      pictures: parts.map { places in
        { try clip.encode(patches: batch.pictures.patches(of: places), count: places.count) }
      },
      texts: parts.map { places in { try clip.encode(batch.texts(of: places)) } }
    ) { try contrast(pictures: $0, texts: $1, logitScale: logitScale) }
  }

  /// The error for a step that cannot be used.
  /// - Parameter what: the fault in words: `the loss is nan`.
  private func fault(_ what: String) -> OperationError {
    let names = batch.members.prefix(5).map { pictures.ids[$0] }.joined(separator: ", ")
    let rest = batch.count > 5 ? " and \(batch.count - 5) more" : ""
    var kept = "nothing of the training is kept"
    if let path = context.partial.path, let savedSteps {
      kept = "the state after step \(savedSteps) is kept in \(path)"
    }
    return OperationError(
      operation: "train", subject: "step \(record.steps + 1) of \(schedule.steps)",
      cause: """
        \(what): lower the learning rate (\(settings.learningRate)) or warm up longer (\(settings.warmUpSteps) steps). \
        The batch has the pictures \(names)\(rest); \(kept)
        """)
  }

  // MARK: The state between two runs

  /// Saves the state after the last step. That it cannot be saved is noted once, and the training continues.
  private mutating func save() {
    guard context.partial.path != nil, record.steps > 0, savedSteps != record.steps else { return }
    let start = clock.now
    do {
      try context.partial.save(
        SavedTraining(record, clip.parameters, optimizer: optimizer).bytes(), as: SavedTraining.name)
      savedSteps = record.steps
    } catch {
      if !cannotSave {
        context.note("its state cannot be saved; if the training is stopped, it will start over: \(error)")
      }
      cannotSave = true
    }
    // Saving takes a twentieth of the time, unless that would put it off too long.
    let interval = context.partial.interval
    due = clock.now + max(interval, min((clock.now - start) * 20, interval * 10))
  }

  /// The saved state of this training; `nil` when there is none that can be used, which is noted.
  private static func saved(_ fingerprint: Digest, _ context: StageContext) -> SavedTraining? {
    do {
      guard let bytes = try context.partial.load(SavedTraining.name) else { return nil }
      let saved = try SavedTraining(bytes: bytes)
      if saved.record.fingerprint == fingerprint { return saved }
      context.note("the training starts over: what was kept comes from other settings")
    } catch {
      context.note("the training starts over: \(error)")
    }
    return nil
  }

  /// The parameters and the optimiser of a saved state; `nil` when it cannot be used, which is noted.
  private static func restored(
    _ saved: SavedTraining, _ initial: Parameters, rules: AdamW.Settings, context: StageContext
  ) -> (Parameters, AdamW)? {
    do {
      return try saved.restored(initial, rules)
    } catch {
      context.note("the training starts over: \(error)")
      return nil
    }
  }
}
