/* pages.h: a browser for tests: it follows redirects, keeps the cookies of its visit, and sends the forms that it finds. */
#ifndef TEST_OAUTH_PAGES_H
#define TEST_OAUTH_PAGES_H

#include <curl/curl.h>
#include <glib.h>

typedef struct Page {
    CURL *browser;
    GString *text; /* of the page that it is on */
    long status;
} Page;

/* `authority`: the file that says whom to trust over TLS, or NULL. */
void page_open(Page *page, const char *authority);
/* Posts `form`, unless that is NULL. */
void page_visit(Page *page, const char *url, const char *form);
/* What the first group of a pattern matches on the page, which must be there. */
char *page_find(const Page *page, const char *pattern);
/* Sends the form of the page: its hidden fields, and `more`. */
void page_submit(Page *page, const char *more);
/* Signs in as ada on the pages of oidc-provider, and allows what is asked. */
void page_sign_in(Page *page);
/* Whether the text is on the page. */
gboolean page_holds(const Page *page, const char *text);
void page_close(Page *page);

#endif
