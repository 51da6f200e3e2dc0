/* sign-in.h: what the tests of `kamiwaza login` at a provider share: where nobody is signed in yet, and the browser that the command opens. */
#ifndef KZ_TEST_SIGN_IN_H
#define KZ_TEST_SIGN_IN_H

#include "runner.h"

/* Nobody who waits or types. */
extern const turn silence[];

/* Nobody is signed in, there are no profiles, no browser, no display. */
void sign_in_begin(void);
/* There is a browser, which does as browse.c says of `how`. */
void set_browser(const char *how);
/* What the browser tells, for which it has half a minute (g_free()); and the pipe through which it does. */
char *browsed(void);
char *said_path(void);
/* What the first group of a pattern matches, or NULL. */
char *part_of(const char *text, const char *pattern);
/* The one that the token store has. */
char *refresh_token(void);

#endif
