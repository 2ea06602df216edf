#pragma once

#include <stddef.h>
#include <stdint.h>

/// How a classifier of texts is trained.
struct cfasttext_training {
  /// The texts: `__label__xx` and a text on each line.
  const char *input;
  /// The model file that is written.
  const char *output;
  /// The learning rate at the start; it falls to 0 linearly.
  double rate;
  /// How many numbers a word or n-gram has.
  int32_t dimension;
  /// How often each text is seen.
  int32_t epochs;
  /// Lengths of the character n-grams; with a longest of 0, whole words alone.
  int32_t shortest, longest;
  /// Up to how many words in a row count as one more word.
  int32_t word_ngrams;
  /// How many numbers the n-grams are hashed to.
  int32_t buckets;
  /// Words seen less often are left to their n-grams.
  int32_t minimum_count;
  /// 1: a hierarchical softmax. 0: a softmax.
  int32_t is_hierarchical;
  int32_t seed;
  /// 1: rows are quantised afterwards, two numbers to a byte and their norms to another.
  int32_t is_quantised;
  /// How many words and n-grams the quantised model keeps; 0: all.
  uint64_t kept;
};

/// fastText: what the implementation library offers.
///
/// Functions that can fail set `*error` to a message that `release` frees. No function throws, prints or ends the process.
struct cfasttext_api {
  /// Opens a model file; NULL on failure. Closed with `close`.
  void *(*open)(const char *path, char **error);

  /// Closes a model.
  void (*close)(void *model);

  /// The most probable label of a text, without its `__label__`, and its probability 0...1. A line feed or carriage return counts as
  /// a space. An empty label when the model has none for the text. Returns 0, or another value on failure. May be called from several threads at once.
  int (*predict)(
    void *model, const char *text, size_t count, char *label, size_t capacity, float *probability, char **error);

  /// Trains a model on one thread: equal texts and options give equal bytes. Returns 0, or another value on failure.
  ///
  /// `progress` is called now and then with the share that is done, and stops the training by returning another value than 0: that is
  /// a failure.
  int (*train)(
    const struct cfasttext_training *options, int (*progress)(void *context, float done), void *context, char **error);

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
