/// The Wikipedia language of each wordnet of the Open Multilingual WordNet.
///
/// Source: MetaCLIP 2, reference code. Other wordnets, the Persian one for instance, are not in its metadata.
enum OpenWordNets {
  static let languages = [
    "arb": "ar", "bul": "bg", "cat": "ca", "cmn": "zh", "dan": "da", "ell": "el", "eus": "eu", "fin": "fi", "fra": "fr",
    "glg": "gl", "heb": "he", "hrv": "hr", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja", "lit": "lt", "nld": "nl",
    "nno": "nn", "nob": "no", "pol": "pl", "por": "pt", "ron": "ro", "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv",
    "tha": "th", "zsm": "ms",
  ]

  /// Albanian's code, which the reference takes for Alemannic: both are `als` somewhere.
  static let albanian = "als"
}
