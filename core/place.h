/* place.h: where what outlives the process is kept: a file of this user's alone, reached through a folder that nobody else may write.
 * Used by the token store and its locks. */
#ifndef KZI_PLACE_H
#define KZI_PLACE_H

#include <kamiwaza/error.h>
#include <limits.h>

typedef struct kzi_place {
    int folder;          /* opened, -1: there is none */
    char path[PATH_MAX]; /* of the file, links resolved */
    const char *name;    /* its last part */
} kzi_place;

/* The path of a file in the folder for state: $XDG_STATE_HOME/kamiwaza, else ~/.local/state/kamiwaza; a setuid program goes by its
 * effective user and not by the environment. malloc(). Errors: CONFIG, NO_MEMORY. */
char *kzi_place_default(const char *name, kz_error **error);
/* A path as seen from the root, whatever becomes the folder of the process. malloc(). Errors: as above. */
char *kzi_place_absolute(const char *path, kz_error **error);

/* Opens the folder of the file `path` (absolute), found to be such that only this user may write there. One that is missing is made, for
 * this user alone, where `make` says so; else place->folder is -1. To be closed even after a failure.
 * Errors: CONFIG with the remedy, STATE, NO_MEMORY. */
bool kzi_place_open(kzi_place *place, const char *path, bool make, kz_error **error);
void kzi_place_close(kzi_place *place);
/* Opens `name` in the folder with `flags` of open(), never a link; found to be this user's alone. -1 with the slot filled, or empty: there
 * is no such file. */
int kzi_place_file(const kzi_place *place, const char *name, int flags, kz_error **error);

/* Fills the slot with what a system call failed of: "The token store cannot be DONE (PATH): why. What to do." Returns false. */
bool kzi_place_failed(const char *done, const char *path, int code, kz_error **error);

#endif
