#include "CICU.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>
#include <unicode/uversion.h>

#include <cstdlib>
#include <cstring>

namespace {

int fail(char **error, UErrorCode status) {
  if (error) *error = strdup(u_errorName(status));
  return 1;
}

void *open(const char *locale, char **error) {
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *breaker = ubrk_open(UBRK_WORD, locale, nullptr, 0, &status);
  if (U_FAILURE(status)) {
    fail(error, status);
    return nullptr;
  }
  return breaker;
}

void close(void *breaker) { ubrk_close(static_cast<UBreakIterator *>(breaker)); }

int boundaries(
  void *handle, const char *text, size_t count, int64_t *offsets, size_t capacity, size_t *found, char **error) {
  auto *breaker = static_cast<UBreakIterator *>(handle);
  UErrorCode status = U_ZERO_ERROR;
  UText *bytes = utext_openUTF8(nullptr, text, static_cast<int64_t>(count), &status);
  if (U_FAILURE(status)) return fail(error, status);
  ubrk_setUText(breaker, bytes, &status);
  size_t number = 0;
  if (U_SUCCESS(status)) {
    ubrk_first(breaker);
    for (int32_t offset = ubrk_next(breaker); offset != UBRK_DONE; offset = ubrk_next(breaker)) {
      if (number < capacity) offsets[number] = offset;
      number++;
    }
  }
  utext_close(bytes);
  *found = number;
  return U_FAILURE(status) ? fail(error, status) : 0;
}

void release(void *memory) { std::free(memory); }

const char *version() { return U_ICU_VERSION; }

const cicu_api table = {open, close, boundaries, release, version};

}  // namespace

extern "C" const struct cicu_api *cicu_api_table(void) { return &table; }
