/// Which Wikipedia's language a wordnet of the Open Multilingual WordNet belongs to.
///
/// Source: MetaCLIP 2's reference code. Other wordnets (Persian, for instance) have no place in its metadata.
enum OpenWordNets {
  static let languages = [
    "arb": "ar", "bul": "bg", "cat": "ca", "cmn": "zh", "dan": "da", "ell": "el", "eus": "eu", "fin": "fi", "fra": "fr",
    "glg": "gl",
    "heb": "he", "hrv": "hr", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja", "lit": "lt", "nld": "nl", "nno": "nn",
    "nob": "no",
    "pol": "pl", "por": "pt", "ron": "ro", "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv", "tha": "th", "zsm": "ms",
  ]

  /// Albanian, which the reference takes for Alemannic: both have the code `als` somewhere.
  static let albanian = "als"
}
