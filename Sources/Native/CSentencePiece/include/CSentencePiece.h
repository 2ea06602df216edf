#pragma once

#include <stdbool.h>
#include <stdint.h>

// SentencePiece behind plain C. Functions that can fail have an `error` parameter last and return NULL or a negative number; the
// message there is given to `release_error`.

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct csentencepiece_model csentencepiece_model;

typedef char *_Nullable *_Nonnull csentencepiece_error;

struct csentencepiece_training {
  int32_t vocabulary_size;
  // The ids of the special pieces.
  int32_t unknown, pad, begin, end;
  int32_t threads;
  // The share of all characters that get pieces of their own.
  double character_coverage;
  // One of SentencePiece's normalisation rules, such as `nmt_nfkc`.
  const char *normalization;
};

struct csentencepiece_api {
  void (*_Nonnull release_error)(char *message);
  // Trains a unigram model on texts that lie one after the other: text i is bytes[offsets[i] ..< offsets[i + 1]]. Returns the model's
  // bytes, `*size` of them, for `release_bytes`.
  uint8_t *_Nullable (*_Nonnull train)(
      const struct csentencepiece_training *settings, const uint8_t *_Nullable bytes, const int64_t *offsets, int64_t count,
      int64_t *size, csentencepiece_error error);
  void (*_Nonnull release_bytes)(uint8_t *bytes);

  csentencepiece_model *_Nullable (*_Nonnull load)(const uint8_t *_Nullable bytes, int64_t size, csentencepiece_error error);
  void (*_Nonnull release)(csentencepiece_model *model);
  int32_t (*_Nonnull piece_count)(const csentencepiece_model *model);
  // How many ids the text has; at most `capacity` of them are stored.
  int64_t (*_Nonnull encode)(
      const csentencepiece_model *model, const uint8_t *_Nullable text, int64_t size, int32_t *_Nullable ids, int64_t capacity,
      csentencepiece_error error);
  // The text of the ids, for `release_bytes`.
  uint8_t *_Nullable (*_Nonnull decode)(
      const csentencepiece_model *model, const int32_t *_Nullable ids, int64_t count, int64_t *size, csentencepiece_error error);
  // The piece with an id, for `release_bytes`; NULL for an id that there is none of.
  uint8_t *_Nullable (*_Nonnull piece)(const csentencepiece_model *model, int32_t id, int64_t *size);
  int32_t (*_Nonnull unknown)(const csentencepiece_model *model);
  int32_t (*_Nonnull pad)(const csentencepiece_model *model);
  int32_t (*_Nonnull begin)(const csentencepiece_model *model);
  int32_t (*_Nonnull end)(const csentencepiece_model *model);
};

// Exported by libColophonSentencePiece.so alone.
typedef const struct csentencepiece_api *_Nonnull (*csentencepiece_api_table_function)(void);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
