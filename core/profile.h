/* profile.h: the profile file: named sets of settings in $XDG_CONFIG_HOME/kamiwaza/config.json. profile.c reads it for a client,
 * profiles.c changes it for tools. */
#ifndef KZI_PROFILE_H
#define KZI_PROFILE_H

#include "buffer.h"

#include <kamiwaza/error.h>
#include <limits.h>
#include <sys/stat.h>

/* The file as it is: its text is JSON, an object with nothing but "profile" (a name) and "profiles" (an object). */
typedef struct kzi_profile_file {
    char path[PATH_MAX]; /* empty: there is no place for one */
    bool missing;
    struct stat facts; /* unless it is missing */
    kzi_buffer text;
} kzi_profile_file;

/* A file that is not there is fine. To be unloaded even after a failure. Errors: CONFIG with file, place and remedy, NO_MEMORY. */
bool kzi_profile_load(kzi_profile_file *file, kz_error **error);
void kzi_profile_unload(kzi_profile_file *file);
/* The name of the profile that counts where none is asked for. malloc(); NULL: no memory. */
char *kzi_profile_chosen(const kzi_profile_file *file);
/* The object of all profiles, or nothing. */
kz_json kzi_profile_all(const kzi_profile_file *file);
/* A value as the environment would write it; false: it is of a kind that no setting `name` has. */
bool kzi_profile_text(kzi_buffer *out, const char *name, kz_json value);

/* Gives one setting of the profile in use to `take`, as the environment would write it; `profile` is the first, by the name in use. */
typedef bool (*kzi_profile_take)(void *user, const char *name, const char *value, const char *source, kz_error **error);

/* Reads the profile `wanted` (asked for by `source`), else the file's own choice, else "default". That it is not there is fine unless one was
 * asked for and is `needed`. Errors: CONFIG with file, place and remedy, NO_MEMORY, and what take() says. */
bool kzi_profile_read(const char *wanted, const char *source, bool needed, kzi_profile_take take, void *user, kz_error **error);
/* The environment counts: the program does not run with more rights than its caller. */
bool kzi_environment_is_trusted(void);

#endif
