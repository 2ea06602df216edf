#include "CSentencePieceImplementation.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct csentencepiece_model {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

/// The one place where C++ exceptions end.
template <class Result, class Body>
Result guarded(csentencepiece_error error, Result failure, const Body &body) {
  try {
    return body();
  } catch (const std::exception &exception) {
    *error = strdup(exception.what());
  } catch (...) {
    *error = strdup("an error of an unknown kind");
  }
  return failure;
}

void check(const sentencepiece::util::Status &status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

uint8_t *copied(const std::string &text, int64_t *size) {
  auto *bytes = static_cast<uint8_t *>(malloc(text.size() + 1));
  if (!bytes) throw std::bad_alloc();
  memcpy(bytes, text.data(), text.size());
  *size = static_cast<int64_t>(text.size());
  return bytes;
}

/// The caller's texts, one after the other.
class Texts : public sentencepiece::SentenceIterator {
 public:
  Texts(const uint8_t *bytes, const int64_t *offsets, int64_t count) : bytes(bytes), offsets(offsets), count(count) { read(); }
  bool done() const override { return position >= count; }
  void Next() override {
    position++;
    read();
  }
  const std::string &value() const override { return text; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void read() {
    if (position < count)
      text.assign(
          reinterpret_cast<const char *>(bytes) + offsets[position],
          static_cast<size_t>(offsets[position + 1] - offsets[position]));
  }
  const uint8_t *bytes;
  const int64_t *offsets;
  int64_t count, position = 0;
  std::string text;
};

uint8_t *train(
    const csentencepiece_training *settings, const uint8_t *bytes, const int64_t *offsets, int64_t count, int64_t *size,
    csentencepiece_error error) {
  return guarded(error, static_cast<uint8_t *>(nullptr), [&] {
    Texts texts(bytes, offsets, count);
    std::string model;
    const std::unordered_map<std::string, std::string> arguments{
        {"model_type", "unigram"},
        {"vocab_size", std::to_string(settings->vocabulary_size)},
        // A small corpus may have fewer pieces.
        {"hard_vocab_limit", "false"},
        {"unk_id", std::to_string(settings->unknown)},
        {"pad_id", std::to_string(settings->pad)},
        {"bos_id", std::to_string(settings->begin)},
        {"eos_id", std::to_string(settings->end)},
        {"num_threads", std::to_string(settings->threads)},
        {"character_coverage", std::to_string(settings->character_coverage)},
        {"normalization_rule_name", settings->normalization},
        {"max_sentence_length", "65536"},
        // Errors alone go to standard error.
        {"minloglevel", "2"},
    };
    check(sentencepiece::SentencePieceTrainer::Train(arguments, &texts, &model));
    return copied(model, size);
  });
}

csentencepiece_model *load(const uint8_t *bytes, int64_t size, csentencepiece_error error) {
  return guarded(error, static_cast<csentencepiece_model *>(nullptr), [&] {
    auto model = std::make_unique<csentencepiece_model>();
    check(model->processor.LoadFromSerializedProto({reinterpret_cast<const char *>(bytes), static_cast<size_t>(size)}));
    return model.release();
  });
}

int64_t encode(
    const csentencepiece_model *model, const uint8_t *text, int64_t size, int32_t *ids, int64_t capacity,
    csentencepiece_error error) {
  return guarded(error, int64_t{-1}, [&] {
    std::vector<int> found;
    check(model->processor.Encode({reinterpret_cast<const char *>(text), static_cast<size_t>(size)}, &found));
    for (int64_t i = 0; i < capacity && i < static_cast<int64_t>(found.size()); i++) ids[i] = found[static_cast<size_t>(i)];
    return static_cast<int64_t>(found.size());
  });
}

uint8_t *decode(
    const csentencepiece_model *model, const int32_t *ids, int64_t count, int64_t *size, csentencepiece_error error) {
  return guarded(error, static_cast<uint8_t *>(nullptr), [&] {
    for (int64_t i = 0; i < count; i++)
      if (ids[i] < 0 || ids[i] >= model->processor.GetPieceSize()) throw std::out_of_range("there is no piece " + std::to_string(ids[i]));
    std::string text;
    check(model->processor.Decode(std::vector<int>(ids, ids + count), &text));
    return copied(text, size);
  });
}

uint8_t *piece(const csentencepiece_model *model, int32_t id, int64_t *size) {
  char *ignored = nullptr;
  uint8_t *result = guarded(&ignored, static_cast<uint8_t *>(nullptr), [&]() -> uint8_t * {
    if (id < 0 || id >= model->processor.GetPieceSize()) return nullptr;
    return copied(model->processor.IdToPiece(id), size);
  });
  free(ignored);
  return result;
}

const csentencepiece_api table{
    .release_error = [](char *message) { free(message); },
    .train = train,
    .release_bytes = [](uint8_t *bytes) { free(bytes); },
    .load = load,
    .release = [](csentencepiece_model *model) { delete model; },
    .piece_count = [](const csentencepiece_model *model) -> int32_t { return model->processor.GetPieceSize(); },
    .encode = encode,
    .decode = decode,
    .piece = piece,
    .unknown = [](const csentencepiece_model *model) -> int32_t { return model->processor.unk_id(); },
    .pad = [](const csentencepiece_model *model) -> int32_t { return model->processor.pad_id(); },
    .begin = [](const csentencepiece_model *model) -> int32_t { return model->processor.bos_id(); },
    .end = [](const csentencepiece_model *model) -> int32_t { return model->processor.eos_id(); },
};

}  // namespace

const struct csentencepiece_api *csentencepiece_api_table(void) { return &table; }
