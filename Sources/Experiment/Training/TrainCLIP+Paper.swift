extension TrainCLIP {
  /// The same training with the optimisation of the worldwide H/14 model: batches of 75,264 pictures with one caption
  /// each, 391,136 steps (29.4 billion seen pairs), learning rate 4e-4 after 2,000 steps of warm-up, weight decay 0.1,
  /// bfloat16.
  ///
  /// The model, the variation of pictures, the seed and the limit of the gradient's norm stay unchanged; such batches
  /// fit into memory with a ``microBatch``. Source: MetaCLIP 2, §6; AdamW's own settings are the paper's in every
  /// training.
  public func withPaperOptimization() -> TrainCLIP {
    var training = self
    training.picturesPerStep = 75_264
    training.captions.captionsPerPicture = 1
    training.steps = 391_136
    training.seenPairs = nil
    training.learningRate = 4e-4
    training.warmUpSteps = 2000
    training.weightDecay = 0.1
    training.precision = .bfloat16
    return training
  }
}
