// One of the further processes of a training; `TrainCLIP` starts it.

internal import Training

TrainingWorker.main(CommandLine.arguments)
