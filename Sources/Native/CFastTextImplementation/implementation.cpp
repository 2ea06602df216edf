#include "CFastText.h"

#include <fasttext/fasttext.h>

#include <cstdint>
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

int train(
  const cfasttext_training *options, int (*progress)(void *context, float done), void *context, char **error) {
  return guarded(error, [&] {
    fasttext::Args args;
    args.input = options->input;
    args.output = options->output;
    args.model = fasttext::model_name::sup;
    args.loss = options->is_hierarchical ? fasttext::loss_name::hs : fasttext::loss_name::softmax;
    args.lr = options->rate;
    args.dim = options->dimension;
    args.epoch = options->epochs;
    args.minn = options->shortest;
    args.maxn = options->longest;
    args.wordNgrams = options->word_ngrams;
    args.bucket = options->longest > 0 || options->word_ngrams > 1 ? options->buckets : 0;
    args.minCount = options->minimum_count;
    args.seed = options->seed;
    args.thread = 1;
    args.verbose = 0;

    fasttext::FastText model;
    bool is_stopped = false;
    // Pruning fine-tunes what is left: half of the work again.
    const bool is_pruned = options->is_quantised && options->kept > 0;
    float base = 0, share = is_pruned ? 0.67f : 1;
    auto report = [&](float done, float, double, double, int64_t) {
      if (is_stopped || !progress(context, base + done * share)) return;
      is_stopped = true;
      model.abort();
    };
    model.train(args, report);
    if (options->is_quantised && !is_stopped) {
      base = share;
      share = 1 - base;
      args.qnorm = true;
      args.dsub = 2;
      args.cutoff = options->kept;
      args.retrain = is_pruned;
      args.epoch = (options->epochs + 1) / 2;
      model.quantize(args, report);
    }
    if (is_stopped) return fail(error, "it was stopped");
    model.saveModel(options->output);
    return 0;
  });
}

void release(void *memory) { std::free(memory); }

const cfasttext_api table = {open, close, predict, train, release};

}  // namespace

extern "C" const struct cfasttext_api *cfasttext_api_table(void) { return &table; }
