#pragma once

#include <stddef.h>

/// Language identification through fastText: what the implementation library offers.
///
/// Functions that can fail set `*error` to a message that `release` frees. No function throws or ends the process.
struct cfasttext_api {
  /// Opens a model file; NULL on failure. Closed with `close`.
  void *(*open)(const char *path, char **error);

  /// Closes a model.
  void (*close)(void *model);

  /// The most probable label of a text, without its `__label__`, and its probability 0...1. A line feed or carriage return counts as
  /// a space. An empty label when the model has none for the text. Returns 0, or another value on failure. May be called from several threads at once.
  int (*predict)(
    void *model, const char *text, size_t count, char *label, size_t capacity, float *probability, char **error);

  /// Frees a message.
  void (*release)(void *memory);
};

#ifdef __cplusplus
extern "C" {
#endif

/// The library's functions.
const struct cfasttext_api *cfasttext_api_table(void);

#ifdef __cplusplus
}
#endif
