#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include <jpeglib.h>

/// Decodes a part of one JPEG file with libjpeg-turbo, as exactly as the whole: the transform and the upsampling of colours are its usual
/// ones, those of libvips and Pillow.
///
/// A method that returns false has set `error`; then the reader is of no more use. No method throws: libjpeg's errors are jumps over C
/// code, which end in the method that was called.
class JpegReader {
 public:
  std::string error;

  JpegReader() = default;
  JpegReader(const JpegReader &) = delete;
  JpegReader &operator=(const JpegReader &) = delete;
  ~JpegReader() {
    if (isCreated_) jpeg_destroy_decompress(&info_);
  }

  /// Whether the bytes begin as those of a JPEG file.
  static bool isJpeg(const uint8_t *bytes, size_t count) {
    return count > 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
  }

  /// Reads what stands before the picture. The bytes are borrowed as long as the reader is.
  bool open(const uint8_t *bytes, size_t count) {
    info_.err = jpeg_std_error(&failures_.base);
    failures_.base.error_exit = [](j_common_ptr info) {
      auto *failures = reinterpret_cast<Failures *>(info->err);
      (*info->err->format_message)(info, failures->message);
      std::longjmp(failures->jump, 1);
    };
    // Remarks on odd but readable files.
    failures_.base.output_message = [](j_common_ptr) {};
    if (setjmp(failures_.jump)) return fail();
    jpeg_create_decompress(&info_);
    isCreated_ = true;
    jpeg_mem_src(&info_, bytes, count);
    // By default libjpeg puts an end where the bytes end, and grey below.
    info_.src->fill_input_buffer = [](j_decompress_ptr info) -> boolean {
      std::snprintf(reinterpret_cast<Failures *>(info->err)->message, JMSG_LENGTH_MAX, "the file ends within the picture");
      std::longjmp(reinterpret_cast<Failures *>(info->err)->jump, 1);
    };
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  /// The picture's size as it is stored.
  int width() const { return static_cast<int>(info_.image_width); }
  int height() const { return static_cast<int>(info_.image_height); }

  /// Whether it is grey, or has three colours; other kinds are libvips' matter.
  bool hasUsualColors() const {
    return info_.jpeg_color_space == JCS_GRAYSCALE || info_.jpeg_color_space == JCS_YCbCr || info_.jpeg_color_space == JCS_RGB;
  }

  /// Starts decoding at a half, quarter or eighth of the size, or at the whole one.
  bool start(int shrink) {
    if (setjmp(failures_.jump)) return fail();
    info_.out_color_space = JCS_RGB;
    info_.scale_num = static_cast<unsigned>(8 / shrink);
    info_.scale_denom = 8;
    jpeg_start_decompress(&info_);
    return true;
  }

  /// The size of the whole picture at this scale, after `start`.
  int decodedWidth() const { return static_cast<int>(info_.output_width); }
  int decodedHeight() const { return static_cast<int>(info_.output_height); }

  /// Chooses the columns that will be read: those from `*first` up to `*end` and, since libjpeg decodes blocks, some around them, which
  /// both then tell.
  bool crop(int *first, int *end) {
    if (setjmp(failures_.jump)) return fail();
    // The outermost columns lack neighbours to take their colours from.
    const auto width = static_cast<JDIMENSION>(decodedWidth());
    JDIMENSION left = *first > margin ? static_cast<JDIMENSION>(*first - margin) : 0;
    JDIMENSION right = static_cast<JDIMENSION>(*end) + margin < width ? static_cast<JDIMENSION>(*end) + margin : width;
    JDIMENSION count = right - left;
    if (count < width) {
      jpeg_crop_scanline(&info_, &left, &count);
    }
    *first = static_cast<int>(left);
    *end = static_cast<int>(left + count);
    return true;
  }

  /// Decodes the rows from `first` up to `end` of the columns that were chosen, three bytes a pixel, and goes through the others as far as
  /// is needed to know that the file is whole.
  bool read(int first, int end, uint8_t *pixels) {
    if (setjmp(failures_.jump)) return fail();
    if (first > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(first));
    const size_t stride = static_cast<size_t>(info_.output_width) * 3;
    while (info_.output_scanline < static_cast<JDIMENSION>(end)) {
      JSAMPROW row = pixels + (info_.output_scanline - static_cast<JDIMENSION>(first)) * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    // The last row is read, over one that would be read again: to skip up to the end would look at nothing of what is left.
    const JDIMENSION rest = info_.output_height - info_.output_scanline;
    if (rest > 0) {
      if (rest > 1) jpeg_skip_scanlines(&info_, rest - 1);
      JSAMPROW row = pixels + static_cast<size_t>(end - first) * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

 private:
  /// Columns beyond the wanted ones that libjpeg's upsampling of colours looks at, and some more.
  static constexpr int margin = 8;

  struct Failures {
    jpeg_error_mgr base;
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
  };

  bool fail() {
    error = failures_.message;
    return false;
  }

  jpeg_decompress_struct info_ = {};
  Failures failures_ = {};
  bool isCreated_ = false;
};
