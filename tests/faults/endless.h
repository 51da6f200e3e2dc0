/* endless.h: a server whose answers have no end, or are larger than they look. What it sends is named by the first part of a request's
 * path (endless.c lists them); "/small" is a truth. */
#ifndef TEST_FAULTS_ENDLESS_H
#define TEST_FAULTS_ENDLESS_H

#include <glib.h>

typedef struct Endless Endless;

Endless *endless_start(void);
const char *endless_url(const Endless *server);
void endless_stop(Endless *server);

#endif
