#pragma once

#include "CTorch.h"

#ifdef __cplusplus
extern "C" {
#endif

// The functions of this library.
const struct ctorch_api *_Nonnull ctorch_api_table(void);

#ifdef __cplusplus
}
#endif
