public import Reading

/// A data set that could not be read at all. Single broken records are counted and noted instead.
public typealias DatasetsError = ReadingError
