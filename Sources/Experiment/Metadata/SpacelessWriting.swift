/// The languages that are written without spaces between words, and ICU's dictionaries for them.
///
/// Codes are Wikipedia's (`zh_yue`, `zh_classical`) or CLDR's (`yue`, `zh_Hant`, `th_TH`).
/// Source of the list: MetaCLIP 2, reference code of the n-gram counting.
package enum SpacelessWriting {
  /// Each language with the locale of its dictionary. ICU has none for Tibetan script, so that Tibetan (`bo`) and
  /// Dzongkha (`dz`) get the tokenizer of languages with spaces: each code point of Tibetan script is a word by
  /// itself.
  private static let dictionaries: [String: String?] = [
    "zh": "zh", "zh_classical": "zh", "lzh": "zh", "zh_yue": "zh", "yue": "zh", "ja": "ja", "ryu": "ja", "th": "th",
    "lo": "lo", "km": "km", "my": "my", "bo": nil, "dz": nil,
  ]

  /// True when a language is written without spaces between words.
  package static func contains(_ language: String) -> Bool { dictionaries[base(language)] != nil }

  /// The locale of the dictionary that cuts a language's text; `nil` where spaces or single code points do.
  static func dictionary(of language: String) -> String? { dictionaries[base(language)] ?? nil }

  /// A code without the script and region that CLDR adds: `zh_Hant_HK` is `zh`. `zh_min_nan` and `zh_Latn`, which are
  /// written with spaces, stay unchanged.
  static func base(_ language: String) -> String {
    let parts = language.split(separator: "_", omittingEmptySubsequences: false)
    let isScriptOrRegion = parts.dropFirst().allSatisfy { part in
      part != "Latn" && (part.first?.isUppercase ?? false || part.count == 3 && part.allSatisfy(\.isNumber))
    }
    return isScriptOrRegion ? String(parts[0]) : language
  }
}
