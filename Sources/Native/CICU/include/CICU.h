#pragma once

#include <stddef.h>
#include <stdint.h>

/// Word boundaries through ICU: what the implementation library offers.
///
/// Functions that can fail set `*error` to a message that `release` frees. No function throws or ends the process.
struct cicu_api {
  /// Opens a word breaker for a locale such as `th`; NULL on failure. Used by one thread at a time, closed with `close`.
  void *(*open)(const char *locale, char **error);

  /// Closes a word breaker.
  void (*close)(void *breaker);

  /// Sets UTF-8 text of less than 2 GiB, which must stay where it is until `next` has come to its end. Returns 0, or another value
  /// on failure.
  int (*begin)(void *breaker, const char *text, size_t count, char **error);

  /// Stores the byte offsets behind the next words, the text's end included, at most `capacity` of them. Returns how many there
  /// were: fewer than `capacity` when the text's end was reached.
  size_t (*next)(void *breaker, int32_t *offsets, size_t capacity);

  /// Frees a message.
  void (*release)(void *memory);

  /// The version of ICU, such as `72.1`; lives as long as the process.
  const char *(*version)(void);
};

#ifdef __cplusplus
extern "C" {
#endif

/// The library's functions.
const struct cicu_api *cicu_api_table(void);

#ifdef __cplusplus
}
#endif
