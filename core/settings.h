/* settings.h: the table of settings as the core reads it: the public row, and where and how its value is kept. */
#ifndef KZI_SETTINGS_H
#define KZI_SETTINGS_H

#include "config.h"

typedef enum kzi_kind {
    KZI_TEXT,
    KZI_URL,
    KZI_PATH,
    KZI_INTEGER,
    KZI_SIZE,
    KZI_DURATION,
    KZI_BOOLEAN,
    KZI_CHOICE,
    KZI_PATHS,
    KZI_HEADERS
} kzi_kind;

typedef struct kzi_setting {
    size_t offset; /* in kzi_settings */
    kzi_kind kind;
    int64_t lowest, highest;    /* in milliseconds or units */
    const char *const *choices; /* NULL-terminated */
} kzi_setting;

/* The rows, parallel to kz_settings(). */
const kzi_setting *kzi_setting_rows(size_t *n);
/* The place of a setting in the table by its name, or -1. */
int kzi_setting_index(const char *name);
/* Puts `value` (not NULL) into `settings`, or only checks it when `settings` is NULL. `source` is for messages. */
bool kzi_setting_parse(kzi_settings *settings, int index, const char *value, const char *source, kz_error **error);
/* "30", "1.5 s", "250ms" as milliseconds; false: none of these. */
bool kzi_duration_parse(const char *value, int64_t *ms);
void kzi_settings_free(kzi_settings *settings);

#endif
