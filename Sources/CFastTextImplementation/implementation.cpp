#include "CFastText.h"

#include <fasttext/fasttext.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

namespace {

int fail(char **error, const char *message) {
  if (error) *error = strdup(message);
  return 1;
}

template <typename Body>
int guarded(char **error, Body body) {
  try {
    return body();
  } catch (const std::exception &exception) {
    return fail(error, exception.what());
  } catch (...) {
    return fail(error, "an unknown C++ exception");
  }
}

/// A stream over bytes that somebody else keeps.
class Bytes : public std::streambuf {
 public:
  explicit Bytes(std::string &text) { setg(&text[0], &text[0], &text[0] + text.size()); }
};

void *open(const char *path, char **error) {
  fasttext::FastText *model = nullptr;
  const int failed = guarded(error, [&] {
    auto made = std::make_unique<fasttext::FastText>();
    made->loadModel(std::string(path));
    model = made.release();
    return 0;
  });
  return failed ? nullptr : model;
}

void close(void *model) { delete static_cast<fasttext::FastText *>(model); }

int predict(
  void *model, const char *text, size_t count, char *label, size_t capacity, float *probability, char **error) {
  return guarded(error, [&] {
    std::string line(text, count);
    for (char &byte : line)
      if (byte == '\n' || byte == '\r' || byte == '\0') byte = ' ';
    line += '\n';
    Bytes buffer(line);
    std::istream stream(&buffer);
    std::vector<std::pair<fasttext::real, std::string>> predictions;
    static_cast<const fasttext::FastText *>(model)->predictLine(stream, predictions, 1, 0);
    std::string found = predictions.empty() ? "" : predictions.front().second;
    *probability = predictions.empty() ? 0 : predictions.front().first;
    const std::string prefix = "__label__";
    if (found.compare(0, prefix.size(), prefix) == 0) found.erase(0, prefix.size());
    if (found.size() + 1 > capacity) return fail(error, "the model has a label that is too long");
    std::memcpy(label, found.c_str(), found.size() + 1);
    return 0;
  });
}

void release(void *memory) { std::free(memory); }

const cfasttext_api table = {open, close, predict, release};

}  // namespace

extern "C" const struct cfasttext_api *cfasttext_api_table(void) { return &table; }
