/* pages.c: see pages.h. */
#include "pages.h"

#include <string.h>

static size_t take(char *data, size_t size, size_t n, void *text)
{
    g_string_append_len(text, data, (gssize)(size * n));
    return size * n;
}

void page_open(Page *page, const char *authority)
{
    *page = (Page){ .browser = curl_easy_init(), .text = g_string_new(NULL) };
    curl_easy_setopt(page->browser, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(page->browser, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(page->browser, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(page->browser, CURLOPT_WRITEDATA, page->text);
    curl_easy_setopt(page->browser, CURLOPT_CAINFO, authority);
}

void page_visit(Page *page, const char *url, const char *form)
{
    char problem[CURL_ERROR_SIZE] = "";
    g_string_truncate(page->text, 0);
    curl_easy_setopt(page->browser, CURLOPT_URL, url);
    curl_easy_setopt(page->browser, CURLOPT_ERRORBUFFER, problem);
    if (form)
        curl_easy_setopt(page->browser, CURLOPT_COPYPOSTFIELDS, form);
    else
        curl_easy_setopt(page->browser, CURLOPT_HTTPGET, 1L);
    if (curl_easy_perform(page->browser))
        g_error("%s: %s", url, problem);
    curl_easy_setopt(page->browser, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_getinfo(page->browser, CURLINFO_RESPONSE_CODE, &page->status);
}

char *page_find(const Page *page, const char *pattern)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(regex, page->text->str, 0, &match))
        g_error("nothing like %s in (%ld): %s", pattern, page->status, page->text->str);
    return g_match_info_fetch(match, 1);
}

void page_submit(Page *page, const char *more)
{
    g_autofree char *action = page_find(page, "<form[^>]*action=\"([^\"]*)\"");
    g_autoptr(GRegex) regex = g_regex_new("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GString) form = g_string_new(more);
    for (g_regex_match(regex, page->text->str, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *name = g_match_info_fetch(match, 1), *value = g_match_info_fetch(match, 2);
        g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);
        g_string_append_printf(form, "&%s=%s", name, escaped);
    }
    page_visit(page, action, form->str);
}

void page_sign_in(Page *page)
{
    page_submit(page, "login=ada&password=any");
    page_submit(page, "");
}

gboolean page_holds(const Page *page, const char *text)
{
    return strstr(page->text->str, text) != NULL;
}

void page_close(Page *page)
{
    g_string_free(page->text, TRUE);
    curl_easy_cleanup(page->browser);
}
