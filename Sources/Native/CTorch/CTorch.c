#include "CTorch.h"

// libtorch's version header holds macros alone.
#if __has_include(<torch/version.h>)
#include <torch/version.h>
#elif __has_include(<torch/csrc/api/include/torch/version.h>)
#include <torch/csrc/api/include/torch/version.h>
#else
#error "libtorch's headers were not found: install libtorch-dev, or name a libtorch in LIBTORCH"
#endif

const char *ctorch_built_version(void) { return TORCH_VERSION; }
