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

  /// The byte offsets after each word in UTF-8 text, the text's end included. Stores the first `capacity` of them and sets `*found`
  /// to how many there are. Returns 0, or another value on failure.
  int (*boundaries)(
    void *breaker, const char *text, size_t count, int64_t *offsets, size_t capacity, size_t *found, char **error);

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
