/* quantization.h: names of quantisations in file names: q4_k_m in "Qwen3-8B-Q4_K_M.gguf", also where a file is one of several
 * shards. Pure functions; used by search and download. */
#ifndef KZP_MODELS_QUANTIZATION_H
#define KZP_MODELS_QUANTIZATION_H

#include <kamiwaza/models.h>

enum { KZP_QUANTIZATION_SIZE = 24 };

/* The quantisation that a file name tells, in lower case; false when it tells none. The last one counts. */
bool kzp_quantization_of(const char *name, char out[KZP_QUANTIZATION_SIZE]);
/* Whether the name has the quantisation `wanted`, or a variant of it (q4_k: q4_k_m too). In any case. */
bool kzp_quantization_matches(const char *name, const char *wanted);
/* How many different quantisations the files have. */
size_t kzp_quantization_count(const kz_model_file *const *files, size_t n_files);
/* Picks the files of `wanted`, else of the nearest quantisation in the fall-back order; `picked` has room for all. Returns how
 * many there are. */
size_t kzp_quantization_pick(const kz_model_file *const *files, size_t n_files, const char *wanted, const kz_model_file **picked);
/* The names of all quantisations of the files, sorted, each once; `out` has room for n_files. Returns how many. */
size_t kzp_quantization_names(const kz_model_file *const *files, size_t n_files, char (*out)[KZP_QUANTIZATION_SIZE]);

#endif
