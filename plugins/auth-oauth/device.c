/* device.c: signing in by another device (RFC 8628): the person opens a page there and enters a code, while the provider is asked now and
 * then, as often as it allows, whether that has happened. */
#include "oauth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USUAL_INTERVAL = 5, SLOWER = 5, MOST_UNANSWERED = 5, LONGEST = 86400 };

static double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Seconds as a number or as digits in a string; false: neither. */
static bool seconds(const char *text, kz_opt_number number, double *value)
{
    if (number.state == KZ_SET)
        *value = number.value;
    else if (text && strlen(text) < 10 && *text && !text[strspn(text, "0123456789")])
        *value = (double)strtol(text, NULL, 10);
    else
        return !text;
    return true;
}

/* An address that is shown to people and opened by them. */
static bool is_page(const char *url)
{
    if (!url || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return true;
}

static bool is_printable(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return *text && strlen(text) <= 64;
}

static oauth_stage poll;

static kz_step wait(oauth_run *run, kz_provider_step *step)
{
    enum { LEAST_MS = 100 }; /* also where the provider says 0 */
    run->next = poll;
    step->wait = run->interval * 1000 < LEAST_MS ? LEAST_MS / 1000.0 : run->interval;
    return KZ_STEP_WAIT;
}

/* What the provider makes of a poll; DONE: it is a failure that is told as it is. */
static kz_step not_yet(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_error *failure = step->answer.failure;
    const char *code = failure && failure->server_code ? failure->server_code : "";
    bool silent = failure && kz_error_is(failure, KZ_ERROR_CONNECTION) && !kz_error_is(failure, KZ_ERROR_TLS);
    (void)it, (void)error;
    if (silent && ++run->unanswered <= MOST_UNANSWERED) {
        run->interval *= 2;
        return wait(run, step);
    }
    if (!step->answer.status || (strcmp(code, "authorization_pending") != 0 && strcmp(code, "slow_down") != 0))
        return KZ_STEP_DONE;
    run->unanswered = 0;
    if (*code == 's')
        run->interval += SLOWER;
    return wait(run, step);
}

static kz_step poll(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    const kz_string_entry fields[] = { { "grant_type", "urn:ietf:params:oauth:grant-type:device_code" },
        { "device_code", run->device_code }, { "audience", it->audience }, { "resource", it->resource } };
    run->refused = not_yet;
    if (run->ends_at > 0 && clock_now() > run->ends_at)
        return oauth_fail(run, error, "the code was not entered in time; sign in again.");
    return oauth_get_token(it, run, step, "Signing in by another device", fields, sizeof fields / sizeof *fields, false, error);
}

static kz_step answered(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    kz_error *problem = NULL;
    const kz_oauth_device *device = oauth_read(run, step, &kzt_kz_oauth_device, sizeof *device, &problem);
    if (!device)
        return oauth_fail_with(&problem, error);
    double lifetime = 0;
    run->interval = USUAL_INTERVAL;
    if (!device->device_code || !*device->device_code || !device->user_code || !is_printable(device->user_code) ||
        !is_page(device->verification_uri))
        return oauth_fail(run, error,
            "the provider's answer lacks a code, or the address where to enter it (device_code, user_code, verification_uri).");
    if (!kz_provider_may_ask(it->core, device->verification_uri, error))
        return KZ_STEP_FAILED;
    bool has_lifetime = device->expires_in || device->expires_in_number.state == KZ_SET;
    if (!seconds(device->expires_in, device->expires_in_number, &lifetime) || (has_lifetime && !(lifetime > 0)))
        return oauth_fail(run, error, "the provider's code has ended already (expires_in).");
    if (!seconds(device->interval, device->interval_number, &run->interval) || !(run->interval >= 0) || run->interval > 3600)
        return oauth_fail(run, error, "the provider's interval is no number of seconds.");
    run->device_code = device->device_code;
    run->ends_at = has_lifetime && lifetime < LONGEST ? clock_now() + lifetime : 0;
    const char *whole = is_page(device->verification_uri_complete) ? device->verification_uri_complete : NULL;
    const kz_sign_in_notice notice = { .text = "To sign in, open this page on any device and enter the code.",
        .url = device->verification_uri,
        .code = device->user_code,
        .url_with_code = whole,
        .lifetime = lifetime < LONGEST ? lifetime : 0 };
    if (!step->person->show(step->person->user, &notice, error))
        return KZ_STEP_FAILED;
    return wait(run, step);
}

kz_step oauth_begin_device(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error)
{
    run->what = "Signing in by another device";
    if (!run->metadata->device_authorization_endpoint)
        return oauth_fail(run, error, "the provider has no endpoint for it; sign in by a browser, or set auth_device_endpoint.");
    if (!step->person->show)
        return oauth_fail(run, error, "the code cannot be shown to anybody.");
    const kz_string_entry fields[] = { { "scope", oauth_scope(it, run->metadata) }, { "audience", it->audience },
        { "resource", it->resource } };
    return oauth_post(it, run, step, run->metadata->device_authorization_endpoint, fields, sizeof fields / sizeof *fields, false,
        answered, error);
}
