/* profile.h: the profile file: named sets of settings in $XDG_CONFIG_HOME/kamiwaza/config.json. */
#ifndef KZI_PROFILE_H
#define KZI_PROFILE_H

#include <kamiwaza/error.h>

/* Gives one setting of the profile in use to `take`, as the environment would write it. */
typedef bool (*kzi_profile_take)(void *user, const char *name, const char *value, const char *source, kz_error **error);

/* Reads the profile that KAMIWAZA_PROFILE names, else the file's own default, else "default". No file is fine unless one was
 * named. Errors: CONFIG with file, place and remedy, NO_MEMORY, and what take() says. */
bool kzi_profile_read(kzi_profile_take take, void *user, kz_error **error);
/* The environment counts: the program does not run with more rights than its caller. */
bool kzi_environment_is_trusted(void);

#endif
