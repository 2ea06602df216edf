#pragma once

#include <stddef.h>
#include <stdint.h>

/// A part of a picture.
struct cvips_part {
  /// In pixels of the stored picture; may begin and end within one.
  double left, top, width, height;
  /// Whether pixels outside the part count at its edges, as far as there are any.
  int reaches_out;
};

/// Pictures through libvips: what the implementation library offers.
///
/// Pixels are unsigned bytes, rows from top to bottom, four a pixel: red green blue alpha, colours not multiplied with alpha, sRGB.
/// Every function but `release` returns 0, or another value after setting `*error` to a message that `release` frees. No function
/// throws or ends the process. All may be called from several threads at once after `start` has returned.
struct cvips_api {
  /// Starts libvips once for the process, with one thread for each picture and no cache.
  int (*start)(char **error);

  /// Decodes a picture of any format, scales it to fit into `width` × `height`, and centres it on a transparent canvas. With an
  /// `oversampling` above 1, it is first decoded at so many times the size and its transparent margins are cut off.
  int (*thumbnail)(
    const uint8_t *bytes, size_t count, int width, int height, int oversampling, uint8_t *pixels, char **error);

  /// Draws text in colour with a font file and trims it to the ink; frees nothing of its arguments. The result's size is the ink's
  /// at `points` points and 72 dots an inch. `*pixels` is freed with `release`.
  int (*text)(
    const char *text, const char *font, const char *font_file, int points, uint8_t **pixels, int *width, int *height, char **error);

  /// Scales pixels to fit into `width` × `height`, and centres them on a transparent canvas.
  int (*fit)(
    const uint8_t *pixels, int width, int height, int new_width, int new_height, uint8_t *result, char **error);

  /// Encodes pixels as PNG. `*bytes` is freed with `release`.
  int (*png)(const uint8_t *pixels, int width, int height, uint8_t **bytes, size_t *count, char **error);

  /// Frees what a function has returned.
  void (*release)(void *memory);

  /// The size of a picture as it is stored, without a turn that its EXIF data asks for; its pixels are not read.
  int (*size)(const uint8_t *bytes, size_t count, int *width, int *height, char **error);

  /// Decodes a picture, lays it on white, and brings a part of it to `size` × `size` pixels, three bytes each: red green blue. Not turned.
  /// A picture that ends early is an error, whatever part is asked for.
  int (*resample)(
    const uint8_t *bytes, size_t count, const struct cvips_part *part, int size, uint8_t *pixels, char **error);

  /// The version of libvips, such as `8.14.1`; lives as long as the process.
  const char *(*version)(void);

  /// The version of libjpeg-turbo that the library was built with, such as `2.1.5`; lives as long as the process.
  const char *(*jpeg_version)(void);

  /// What text and drawings are drawn with, one line each, fields parted by tabs: `version`, a library's name and its version;
  /// `configuration` and a file's path; `font`, a file's path and the font's own version. `*lines` is freed with `release`.
  int (*drawing)(char **lines, char **error);
};

#ifdef __cplusplus
extern "C" {
#endif

/// The library's functions.
const struct cvips_api *cvips_api_table(void);

#ifdef __cplusplus
}
#endif
