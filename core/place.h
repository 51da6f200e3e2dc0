/* place.h: where what outlives the process is kept: a file of this user's alone, reached through a folder that nobody else may write.
 * Used by the token store, its locks, and for the profile file. */
#ifndef KZI_PLACE_H
#define KZI_PLACE_H

#include <kamiwaza/error.h>
#include <limits.h>

/* What it is that is kept there. */
typedef struct kzi_place_kind {
    const char *subject; /* of messages: "The token store" */
    const char *advice;  /* " Name another file ..." */
    unsigned others;     /* the rights that others must not have to the file */
    const char *remedy;  /* where they have them */
} kzi_place_kind;
extern const kzi_place_kind kzi_place_tokens, kzi_place_profiles;

typedef struct kzi_place {
    const kzi_place_kind *kind;
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
bool kzi_place_open(kzi_place *place, const kzi_place_kind *kind, const char *path, bool make, kz_error **error);
void kzi_place_close(kzi_place *place);
/* Opens `name` in the folder with `flags` of open(), never a link; found to be this user's alone. -1 with the slot filled, or empty: there
 * is no such file. */
int kzi_place_file(const kzi_place *place, const char *name, int flags, kz_error **error);

/* Puts a text in the place of the file: it is written beside it as NAME.new, and then gets its name, so that a reader finds the old or the
 * new one whenever the writer or the machine dies. What a writer that died left is in nobody's way: only who has a lock comes here. */
bool kzi_place_replace(const kzi_place *place, kz_json text, kz_error **error);

/* Fills the slot with what a system call failed of: "The token store cannot be DONE (PATH): why. What to do." Returns false. */
bool kzi_place_failed(const kzi_place_kind *kind, const char *done, const char *path, int code, kz_error **error);

#endif
