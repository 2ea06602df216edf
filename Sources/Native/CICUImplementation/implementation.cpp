#include "CICU.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>
#include <unicode/uversion.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

int fail(char **error, UErrorCode status) {
  if (error) *error = strdup(u_errorName(status));
  return 1;
}

/// A break iterator, and the text that it looks at.
struct Breaker {
  UBreakIterator *iterator = nullptr;
  UText text = UTEXT_INITIALIZER;

  ~Breaker() {
    ubrk_close(iterator);
    utext_close(&text);
  }
};

void *open(const char *locale, char **error) {
  auto *breaker = new (std::nothrow) Breaker;
  UErrorCode status = breaker ? U_ZERO_ERROR : U_MEMORY_ALLOCATION_ERROR;
  if (breaker) breaker->iterator = ubrk_open(UBRK_WORD, locale, nullptr, 0, &status);
  if (U_SUCCESS(status)) return breaker;
  fail(error, status);
  delete breaker;
  return nullptr;
}

void close(void *breaker) { delete static_cast<Breaker *>(breaker); }

int begin(void *handle, const char *text, size_t count, char **error) {
  auto *breaker = static_cast<Breaker *>(handle);
  UErrorCode status = count <= INT32_MAX ? U_ZERO_ERROR : U_INDEX_OUTOFBOUNDS_ERROR;
  utext_openUTF8(&breaker->text, text, static_cast<int64_t>(count), &status);
  ubrk_setUText(breaker->iterator, &breaker->text, &status);
  if (U_FAILURE(status)) return fail(error, status);
  ubrk_first(breaker->iterator);
  return 0;
}

size_t next(void *handle, int32_t *offsets, size_t capacity) {
  auto *breaker = static_cast<Breaker *>(handle);
  size_t found = 0;
  while (found < capacity) {
    int32_t offset = ubrk_next(breaker->iterator);
    if (offset == UBRK_DONE) break;
    offsets[found++] = offset;
  }
  return found;
}

void release(void *memory) { std::free(memory); }

const char *version() { return U_ICU_VERSION; }

const cicu_api table = {open, close, begin, next, release, version};

}  // namespace

extern "C" const struct cicu_api *cicu_api_table(void) { return &table; }
