/* kinds.h: schemas by hand that have a field of every type, container and shape: `kinds` as results have them, `asked` as
 * requests do. For tests that compare what is read and written with another reader, and for fuzzing. */
#ifndef TEST_KINDS_H
#define TEST_KINDS_H

#include "schema_json.h"

typedef struct kinds kinds;
typedef struct kinds_list {
    const kinds *const *items;
    size_t n_items;
    kz_opt_int total;
} kinds_list;
typedef struct kinds_round {
    const char *kind;
    kz_opt_number radius;
} kinds_round;
typedef struct kinds_union {
    const char *kind;
    const kinds_round *round;
    const kinds *box;
} kinds_union;
struct kinds {
    const char *text;
    kz_opt_int whole;
    kz_opt_number number;
    kz_opt_bool truth;
    kz_json any;
    const kinds *inner;
    const char *const *texts;
    size_t n_texts;
    const int64_t *wholes;
    size_t n_wholes;
    const double *numbers;
    size_t n_numbers;
    const bool *truths;
    size_t n_truths;
    const kz_json *anys;
    size_t n_anys;
    const kinds *const *inners;
    size_t n_inners;
    const kz_string_entry *labels;
    size_t n_labels;
    const kz_json_entry *pieces;
    size_t n_pieces;
    const kinds_union *shape;
    const kinds_list *list;
    const kz_json_value *value;
    const char *either;
    const char *const *either_list;
    size_t n_either_list;
    const kinds *either_object;
};

typedef struct asked asked;
struct asked {
    kz_json extra;
    const void *from;
    const char *text;
    kz_opt_int whole;
    kz_opt_number number;
    kz_opt_bool truth;
    kz_json any;
    const asked *inner;
    const char *const *texts;
    size_t n_texts;
    const int64_t *wholes;
    size_t n_wholes;
    const double *numbers;
    size_t n_numbers;
    const bool *truths;
    size_t n_truths;
    const kz_json *anys;
    size_t n_anys;
    const asked *inners;
    size_t n_inners;
    const kz_string_entry *labels;
    size_t n_labels;
    const kz_json_entry *pieces;
    size_t n_pieces;
    const char *either;
    const char *const *either_list;
    size_t n_either_list;
    const kz_upload *content;
    const kz_upload *contents;
    size_t n_contents;
};

extern const kz_schema kinds_schema, kinds_list_schema, kinds_union_schema, asked_schema;

#endif
