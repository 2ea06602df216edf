#pragma once

#include "CSentencePiece.h"

#ifdef __cplusplus
extern "C" {
#endif

// The functions of this library.
const struct csentencepiece_api *_Nonnull csentencepiece_api_table(void);

#ifdef __cplusplus
}
#endif
