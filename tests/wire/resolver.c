/* resolver.c: see resolver.h. Takes the place of the C library's getaddrinfo(), which libcurl calls in a thread of its own. */
#include "resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

#define SHOWN __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static guint hanging;
static gboolean released;

static void hang(void)
{
    pthread_mutex_lock(&lock);
    hanging++;
    pthread_cond_broadcast(&changed);
    while (!released)
        pthread_cond_wait(&changed, &lock);
    hanging--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

SHOWN int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&once);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    pthread_mutex_unlock(&once);
    if (node && !strcmp(node, "hangs.test"))
        hang();
    return next(node && g_str_has_suffix(node, ".test") ? "127.0.0.1" : node, service, hints, result);
}

guint resolver_hanging(void)
{
    pthread_mutex_lock(&lock);
    guint n = hanging;
    pthread_mutex_unlock(&lock);
    return n;
}

void resolver_wait_hanging(guint n)
{
    pthread_mutex_lock(&lock);
    while (hanging < n)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void resolver_release(void)
{
    pthread_mutex_lock(&lock);
    released = TRUE;
    pthread_cond_broadcast(&changed);
    while (hanging)
        pthread_cond_wait(&changed, &lock);
    released = FALSE;
    pthread_mutex_unlock(&lock);
}
