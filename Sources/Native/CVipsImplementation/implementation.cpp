#include "CVips.h"

#include "JpegReader.h"
#include "Resampling.h"

#include <fontconfig/fontconfig.h>
#include <vips/vips.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

// Of librsvg and Pango, which libvips draws with, only their versions are asked for.
extern "C" {
extern const unsigned rsvg_major_version, rsvg_minor_version, rsvg_micro_version;
const char *pango_version_string(void);
}

namespace {

/// An image that is released at the end of its scope.
class Image {
 public:
  Image() = default;
  explicit Image(VipsImage *image) : image_(image) {}
  Image(const Image &) = delete;
  Image &operator=(const Image &) = delete;
  ~Image() {
    if (image_) g_object_unref(image_);
  }
  VipsImage *get() const { return image_; }
  VipsImage **out() { return &image_; }

 private:
  VipsImage *image_ = nullptr;
};

int fail(char **error, const char *message) {
  if (error) *error = strdup(message);
  return 1;
}

/// The message that libvips has collected, which is then empty again.
int failVips(char **error) {
  char *message = vips_error_buffer_copy();
  if (error) *error = strdup(message && *message ? message : "libvips gave no reason");
  g_free(message);
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

int start(char **error) {
  return guarded(error, [&] {
    static std::once_flag once;
    static int result = 0;
    std::call_once(once, [] {
      result = vips_init("colophon");
      if (result) return;
      vips_concurrency_set(1);
      vips_cache_set_max(0);
      vips_cache_set_max_mem(0);
      vips_leak_set(FALSE);
      // Remarks on odd but readable files; what cannot be read is an error and comes back as one.
      g_log_set_handler(
        "VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO),
        [](const gchar *, GLogLevelFlags, const gchar *, gpointer) {}, nullptr);
    });
    return result ? failVips(error) : 0;
  });
}

/// Brings any image to four bands of sRGB bytes on a canvas of the given size and copies its pixels out.
int place(VipsImage *source, int width, int height, uint8_t *pixels, char **error) {
  Image colour, alpha, bytes, canvas;
  if (vips_colourspace(source, colour.out(), VIPS_INTERPRETATION_sRGB, nullptr)) return failVips(error);
  VipsImage *opaque = colour.get();
  if (!vips_image_hasalpha(opaque)) {
    if (vips_addalpha(opaque, alpha.out(), nullptr)) return failVips(error);
    opaque = alpha.get();
  }
  if (vips_cast(opaque, bytes.out(), VIPS_FORMAT_UCHAR, nullptr)) return failVips(error);
  if (vips_image_get_bands(bytes.get()) != 4) return fail(error, "the picture has neither one nor three colour bands");
  const int left = (width - vips_image_get_width(bytes.get())) / 2;
  const int top = (height - vips_image_get_height(bytes.get())) / 2;
  if (vips_embed(bytes.get(), canvas.out(), left, top, width, height, "extend", VIPS_EXTEND_BLACK, nullptr)) return failVips(error);
  size_t count = 0;
  void *memory = vips_image_write_to_memory(canvas.get(), &count);
  if (!memory) return failVips(error);
  const size_t expected = static_cast<size_t>(width) * height * 4;
  if (count == expected) std::memcpy(pixels, memory, count);
  g_free(memory);
  return count == expected ? 0 : fail(error, "the picture has another size than it says");
}

/// Cuts transparent margins off. `*trimmed` is null when there is nothing but margin, or none.
int trim(VipsImage *source, VipsImage **trimmed, char **error) {
  if (!vips_image_hasalpha(source)) return 0;
  Image alpha;
  if (vips_extract_band(source, alpha.out(), vips_image_get_bands(source) - 1, nullptr)) return failVips(error);
  VipsArrayDouble *nothing = vips_array_double_newv(1, 0.0);
  int left = 0, top = 0, width = 0, height = 0;
  const int failed =
    vips_find_trim(alpha.get(), &left, &top, &width, &height, "threshold", 8.0, "background", nothing, nullptr);
  vips_area_unref(VIPS_AREA(nothing));
  if (failed) return failVips(error);
  if (width == 0 || height == 0) return 0;
  return vips_crop(source, trimmed, left, top, width, height, nullptr) ? failVips(error) : 0;
}

int thumbnail(
  const uint8_t *bytes, size_t count, int width, int height, int oversampling, uint8_t *pixels, char **error) {
  return guarded(error, [&] {
    Image large, memory, trimmed, small;
    if (vips_thumbnail_buffer(
          const_cast<uint8_t *>(bytes), count, large.out(), width * oversampling, "height", height * oversampling, "size",
          VIPS_SIZE_BOTH, "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr))
      return failVips(error);
    if (oversampling == 1) return place(large.get(), width, height, pixels, error);
    *memory.out() = vips_image_copy_memory(large.get());
    if (!memory.get()) return failVips(error);
    if (trim(memory.get(), trimmed.out(), error)) return 1;
    if (vips_thumbnail_image(
          trimmed.get() ? trimmed.get() : memory.get(), small.out(), width, "height", height, "size", VIPS_SIZE_BOTH, nullptr))
      return failVips(error);
    return place(small.get(), width, height, pixels, error);
  });
}

int text(
  const char *text, const char *font, const char *fontFile, int points, uint8_t **pixels, int *width, int *height, char **error) {
  return guarded(error, [&] {
    Image drawn;
    char *escaped = g_markup_escape_text(text, -1);
    char *description = g_strdup_printf("%s %d", font, points);
    const int failed =
      vips_text(drawn.out(), escaped, "font", description, "fontfile", fontFile, "dpi", 72, "rgba", TRUE, nullptr);
    g_free(escaped);
    g_free(description);
    if (failed) return failVips(error);
    if (vips_image_get_bands(drawn.get()) != 4) return fail(error, "the text was not drawn in colour");
    *width = vips_image_get_width(drawn.get());
    *height = vips_image_get_height(drawn.get());
    const size_t expected = static_cast<size_t>(*width) * *height * 4;
    auto *copy = static_cast<uint8_t *>(std::malloc(expected));
    if (!copy) throw std::bad_alloc();
    if (place(drawn.get(), *width, *height, copy, error)) {
      std::free(copy);
      return 1;
    }
    *pixels = copy;
    return 0;
  });
}

int fit(const uint8_t *pixels, int width, int height, int newWidth, int newHeight, uint8_t *result, char **error) {
  return guarded(error, [&] {
    Image memory(vips_image_new_from_memory(pixels, static_cast<size_t>(width) * height * 4, width, height, 4, VIPS_FORMAT_UCHAR));
    if (!memory.get()) return failVips(error);
    Image colour, small;
    if (vips_copy(memory.get(), colour.out(), "interpretation", VIPS_INTERPRETATION_sRGB, nullptr)) return failVips(error);
    if (vips_thumbnail_image(colour.get(), small.out(), newWidth, "height", newHeight, "size", VIPS_SIZE_BOTH, nullptr))
      return failVips(error);
    return place(small.get(), newWidth, newHeight, result, error);
  });
}

int png(const uint8_t *pixels, int width, int height, uint8_t **bytes, size_t *count, char **error) {
  return guarded(error, [&] {
    Image memory(vips_image_new_from_memory(pixels, static_cast<size_t>(width) * height * 4, width, height, 4, VIPS_FORMAT_UCHAR));
    if (!memory.get()) return failVips(error);
    Image colour;
    if (vips_copy(memory.get(), colour.out(), "interpretation", VIPS_INTERPRETATION_sRGB, nullptr)) return failVips(error);
    void *encoded = nullptr;
    if (vips_pngsave_buffer(colour.get(), &encoded, count, "strip", TRUE, "compression", 9, nullptr)) return failVips(error);
    auto *copy = static_cast<uint8_t *>(std::malloc(*count));
    if (copy) std::memcpy(copy, encoded, *count);
    g_free(encoded);
    if (!copy) throw std::bad_alloc();
    *bytes = copy;
    return 0;
  });
}

/// The most pixels that are decoded: a small file can claim any number.
constexpr double pixelLimit = 1e8;

/// Opens a picture to be read once from top to bottom.
VipsImage *open(const uint8_t *bytes, size_t count) {
  return vips_image_new_from_buffer(
    bytes, count, "", "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
}

int checkSize(int width, int height, char **error) {
  return static_cast<double>(width) * height <= pixelLimit ? 0 : fail(error, "it has more than 100 million pixels");
}

int size(const uint8_t *bytes, size_t count, int *width, int *height, char **error) {
  return guarded(error, [&] {
    if (count == 0) return fail(error, "it has no bytes");
    if (JpegReader::isJpeg(bytes, count)) {
      JpegReader reader;
      if (!reader.open(bytes, count)) return fail(error, reader.error.c_str());
      *width = reader.width();
      *height = reader.height();
      return checkSize(*width, *height, error);
    }
    Image image(open(bytes, count));
    if (!image.get()) return failVips(error);
    *width = vips_image_get_width(image.get());
    *height = vips_image_get_height(image.get());
    return checkSize(*width, *height, error);
  });
}

/// How much a JPEG may be shrunk while it is decoded: to no less than twice the pixels that are wanted.
int shrinkage(const cvips_part &part, int size) {
  for (const int shrink : {8, 4, 2})
    if (std::fmin(part.width, part.height) >= 2.0 * shrink * size) return shrink;
  return 1;
}

/// The axes of a part of a picture of which `width` × `height` pixels were decoded, each as wide and high as `shrink` stored ones.
struct Axes {
  resampling::Axis columns, rows;

  Axes(const cvips_part &part, int shrink, int width, int height, int size)
      : columns(part.left / shrink, part.width / shrink, width, size, part.reaches_out != 0),
        rows(part.top / shrink, part.height / shrink, height, size, part.reaches_out != 0) {}
};

/// Brings any image to three bands of sRGB bytes, on white.
int onWhite(VipsImage *source, VipsImage **result, char **error) {
  Image colour, flat;
  if (vips_colourspace(source, colour.out(), VIPS_INTERPRETATION_sRGB, nullptr)) return failVips(error);
  VipsImage *opaque = colour.get();
  if (vips_image_hasalpha(opaque)) {
    VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
    const int failed = vips_flatten(opaque, flat.out(), "background", white, nullptr);
    vips_area_unref(VIPS_AREA(white));
    if (failed) return failVips(error);
    opaque = flat.get();
  }
  if (vips_image_get_bands(opaque) != 3) return fail(error, "the picture has neither one nor three colour bands");
  return vips_cast(opaque, result, VIPS_FORMAT_UCHAR, nullptr) ? failVips(error) : 0;
}

/// Brings a part of an opened JPEG to the wanted size: only what the part needs is decoded in full.
int resampleJpeg(JpegReader &reader, const cvips_part &part, int size, uint8_t *pixels, char **error) {
  if (checkSize(reader.width(), reader.height(), error)) return 1;
  const int shrink = shrinkage(part, size);
  if (!reader.start(shrink)) return fail(error, reader.error.c_str());
  const Axes axes(part, shrink, reader.decodedWidth(), reader.decodedHeight(), size);
  int left = axes.columns.first, right = axes.columns.end;
  if (!reader.crop(&left, &right)) return fail(error, reader.error.c_str());
  const size_t stride = static_cast<size_t>(right - left) * 3;
  const int top = axes.rows.first, bottom = axes.rows.end;
  // Kept for the thread's next picture, unless it is huge: to ask the system for new memory each time takes longer than to resample.
  constexpr size_t largestKept = size_t(16) << 20;
  thread_local std::vector<uint8_t> kept;
  std::vector<uint8_t> own;
  const size_t needed = stride * static_cast<size_t>(bottom - top + 1) + resampling::slack;
  std::vector<uint8_t> &decoded = needed <= largestKept ? kept : own;
  if (decoded.size() < needed) decoded.resize(needed);
  if (!reader.read(top, bottom, decoded.data())) return fail(error, reader.error.c_str());
  resampling::resample({decoded.data(), left, top, stride}, axes.columns, axes.rows, pixels);
  return 0;
}

int resample(const uint8_t *bytes, size_t count, const cvips_part *part, int size, uint8_t *pixels, char **error) {
  return guarded(error, [&] {
    if (count == 0) return fail(error, "it has no bytes");
    if (JpegReader::isJpeg(bytes, count)) {
      JpegReader reader;
      if (!reader.open(bytes, count)) return fail(error, reader.error.c_str());
      if (reader.hasUsualColors()) return resampleJpeg(reader, *part, size, pixels, error);
    }
    Image image(open(bytes, count));
    if (!image.get()) return failVips(error);
    const int width = vips_image_get_width(image.get());
    const int height = vips_image_get_height(image.get());
    if (checkSize(width, height, error)) return 1;
    Image colour;
    if (onWhite(image.get(), colour.out(), error)) return 1;
    // All of it, also what is not needed: whether a picture is whole must not depend on the part.
    size_t byteCount = 0;
    void *memory = vips_image_write_to_memory(colour.get(), &byteCount);
    if (!memory) return failVips(error);
    const std::unique_ptr<void, void (*)(void *)> decoded(g_realloc(memory, byteCount + resampling::slack), g_free);
    if (byteCount != static_cast<size_t>(width) * height * 3) return fail(error, "the picture has another size than it says");
    const Axes axes(*part, 1, width, height, size);
    resampling::resample(
      {static_cast<const uint8_t *>(decoded.get()), 0, 0, static_cast<size_t>(width) * 3}, axes.columns, axes.rows, pixels);
    return 0;
  });
}

void release(void *memory) { std::free(memory); }

const char *version() { return vips_version_string(); }

#define COLOPHON_TEXT(x) #x
#define COLOPHON_VALUE(x) COLOPHON_TEXT(x)

const char *jpegVersion() { return COLOPHON_VALUE(LIBJPEG_TURBO_VERSION); }

int drawing(char **lines, char **error) {
  return guarded(error, [&] {
    const auto dotted = [](unsigned major, unsigned minor, unsigned micro) {
      return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
    };
    const unsigned fontconfig = static_cast<unsigned>(FcGetVersion());
    std::string found = "version\tlibrsvg\t" + dotted(rsvg_major_version, rsvg_minor_version, rsvg_micro_version) +
      "\nversion\tPango\t" + pango_version_string() + "\nversion\tfontconfig\t" +
      dotted(fontconfig / 10000, fontconfig / 100 % 100, fontconfig % 100) + "\n";
    const std::unique_ptr<FcConfig, void (*)(FcConfig *)> configuration(FcConfigReference(nullptr), FcConfigDestroy);
    if (!configuration) return fail(error, "fontconfig has no configuration");
    const std::unique_ptr<FcStrList, void (*)(FcStrList *)> files(FcConfigGetConfigFiles(configuration.get()), FcStrListDone);
    while (const FcChar8 *path = files ? FcStrListNext(files.get()) : nullptr) {
      found += std::string("configuration\t") + reinterpret_cast<const char *>(path) + "\n";
    }
    for (const FcSetName name : {FcSetSystem, FcSetApplication}) {
      const FcFontSet *fonts = FcConfigGetFonts(configuration.get(), name);
      for (int index = 0; fonts && index < fonts->nfont; ++index) {
        FcChar8 *path = nullptr;
        int version = 0;
        if (FcPatternGetString(fonts->fonts[index], FC_FILE, 0, &path) != FcResultMatch) continue;
        FcPatternGetInteger(fonts->fonts[index], FC_FONTVERSION, 0, &version);
        found += std::string("font\t") + reinterpret_cast<const char *>(path) + "\t" + std::to_string(version) + "\n";
      }
    }
    *lines = strdup(found.c_str());
    return *lines ? 0 : fail(error, "not enough memory");
  });
}

const cvips_api table = {start, thumbnail, text, fit, png, release, size, resample, version, jpegVersion, drawing};

}  // namespace

extern "C" const struct cvips_api *cvips_api_table(void) { return &table; }
