/* log.h: what the library does, as records for a callback. Silent unless a program sets one. No record holds a secret. */
#ifndef KAMIWAZA_LOG_H
#define KAMIWAZA_LOG_H

#include <kamiwaza/base.h>

KZ_BEGIN_DECLS

typedef enum kz_log_level {
    KZ_LOG_ERROR = 1,
    KZ_LOG_WARNING = 2,
    KZ_LOG_INFO = 3,
    KZ_LOG_DEBUG = 4,
    KZ_LOG_TRACE = 5
} kz_log_level;

/* One field of a record, such as { "status", "200" }. */
typedef struct kz_log_field {
    const char *name;
    const char *value;
} kz_log_field;

/* A record; everything in it is borrowed until the callback returns. */
typedef struct kz_log_record {
    int64_t level;    /* a kz_log_level */
    const char *area; /* "http", "retry", "plugin", "config", "auth" */
    const char *message;
    const kz_log_field *fields;
    size_t n_fields;
} kz_log_record;

/* Called on the thread where it happens; must not call the library. May be called from several threads at once. */
typedef void (*kz_log_fn)(const kz_log_record *record, void *user);

/* The level's name, "debug". Static. */
KZ_API const char *kz_log_level_name(int64_t level);

KZ_END_DECLS
#endif
