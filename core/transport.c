/* transport.c: the last policy: one attempt over libcurl. Sets up the easy handle, hands it to the loop, and takes what comes
 * back: headers within their limit, bytes to memory within theirs or to the call's sink. */
#include "header.h"
#include "loop.h"
#include "sockets.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* HTTP/1 without TLS: what comes on the connection is an answer's. */
static bool in_the_clear(const kzi_call *call)
{
    const char *version = call->client->settings->http_version;
    return strncasecmp(call->url.data, "https:", 6) != 0 && !(version && !strcmp(version, "2"));
}

/* libcurl calls this each time it is about to send: the second time within one attempt is its own silent resend on a
 * connection that died, which only an idempotent request may have. (What of its content was read, it has read again or gives up.) */
static int before_request(void *user, char *remote, char *local, int remote_port, int local_port)
{
    kzi_call *call = user;
    (void)local, (void)local_port, (void)remote_port;
    if (call->guards_address && kzi_host_is_inside(remote)) { /* over a connection that was there */
        call->kept_out = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!call->opened && in_the_clear(call) && kzi_socket_is_stale(call->loop, local_port)) {
        call->stale = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (call->sends++ && !call->idempotent) {
        call->aborted_resend = true;
        return CURL_PREREQFUNC_ABORT;
    }
    call->sent = true;
    return CURL_PREREQFUNC_OK;
}

static bool good(const kzi_call *call)
{
    return call->status >= 200 && call->status < 300;
}

/* Two lengths, or one that is none, are how answers are smuggled: where the body ends is not known then. */
static bool note_length(kzi_call *call, const char *value, size_t n)
{
    int64_t length = kzi_header_number(value, n);
    if (length >= 0 && (call->length < 0 || call->length == length)) {
        call->length = length;
        return true;
    }
    return kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION,
        length < 0 ? "The answer's Content-Length is no number of bytes." : "The answer has two Content-Lengths that differ.");
}

/* What a header says that the engine goes by; the rest is only kept. False: refused. */
static bool note_header(kzi_call *call, const char *line, size_t length)
{
    const char *value;
    size_t n;
    if (kzi_header_is(line, length, "content-range", &value, &n))
        call->range_start = kzi_header_range_start(value, n);
    else if (kzi_header_is(line, length, "retry-after-ms", &value, &n))
        call->retry_after = kzi_header_delay(value, n, 1, time(NULL));
    else if (call->retry_after < 0 && kzi_header_is(line, length, "retry-after", &value, &n))
        call->retry_after = kzi_header_delay(value, n, 1000, time(NULL));
    else if (kzi_header_is(line, length, "x-should-retry", &value, &n))
        call->should_retry = n == 4 && !strncasecmp(value, "true", 4) ? 1 : n == 5 && !strncasecmp(value, "false", 5) ? 0 : -1;
    else if (kzi_header_is(line, length, "content-length", &value, &n))
        return note_length(call, value, n);
    return true;
}

static void forget_answer(kzi_call *call)
{
    call->headers_done = false;
    call->status = 0;
    call->retry_after = call->should_retry = -1;
    call->range_start = call->length = -1;
    call->content_type = call->request_id = call->etag = NULL;
    kzi_buffer_clear(&call->head);
}

/* All headers are there: nothing moves them any more. */
static void end_headers(kzi_call *call)
{
    const char *head = call->head.data;
    call->content_type = kzi_head_find(head, call->head.length, "content-type");
    call->request_id = kzi_head_find(head, call->head.length, "x-request-id");
    call->etag = kzi_head_find(head, call->head.length, "etag");
    call->headers_done = true;
}

/* Room for the whole answer at once, where the server says how long it is. */
static void make_room(kzi_call *call)
{
    curl_off_t length = -1;
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0 && length <= (call->largest ? call->largest : call->client->settings->max_body_size))
        kzi_buffer_reserve(&call->answer, (size_t)length);
}

static size_t take_header(char *line, size_t size, size_t n, void *user)
{
    kzi_call *call = user;
    size_t length = size * n;
    call->active_at = kzi_now_ms();
    call->header_bytes += length;
    if ((int64_t)call->header_bytes > call->client->settings->max_header_size) {
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION,
            "The headers of the answer are larger than max_header_size (%lld bytes).",
            (long long)call->client->settings->max_header_size);
        return 0;
    }
    if (length > 5 && !strncasecmp(line, "HTTP/", 5)) {
        forget_answer(call);
    } else if (length > 2) {
        if (call->headers_done) /* trailers */
            return length;
        if (!note_header(call, line, length))
            return 0;
        if (!kzi_head_add(&call->head, line, length)) {
            kz_error_no_memory(&call->error);
            return 0;
        }
    } else {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
        if (call->status < 200)
            return length;
        end_headers(call);
        if (!good(call) || !call->sink.bytes)
            make_room(call);
        if (good(call) && call->sink.begin) {
            if (!call->sink.begin(call->sink.user, call))
                return 0;
            call->began = true;
        }
    }
    return length;
}

static size_t take_body(char *data, size_t size, size_t n, void *user)
{
    kzi_call *call = user;
    size_t length = size * n;
    call->active_at = kzi_now_ms();
    if (good(call) && call->sink.bytes) {
        call->loop->changed = true; /* whoever waits for bytes has some, or must make room */
        switch (call->sink.bytes(call->sink.user, call, data, length)) {
        case KZI_SINK_OK: return length;
        case KZI_SINK_PAUSE: call->paused = true; return CURL_WRITEFUNC_PAUSE;
        default: return 0;
        }
    }
    int64_t most = call->largest ? call->largest : call->client->settings->max_body_size;
    if ((int64_t)(call->answer.length + length) > most) {
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "The answer is larger than %s (%lld bytes)%s.",
            call->largest ? "what is taken of it" : "max_body_size", (long long)most,
            call->largest ? "" : "; raise the setting if it is meant to be");
        return 0;
    }
    kzi_buffer_append(&call->answer, data, length);
    if (!call->answer.failed)
        return length;
    kz_error_no_memory(&call->error);
    return 0;
}

/* Progress of uploads and large answers, and what keeps the idle limit away while an upload moves. */
static int watch(void *user, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up)
{
    kzi_call *call = user;
    (void)total_down, (void)down;
    if (up != call->uploaded) /* libcurl calls this whether anything moved or not */
        call->active_at = kzi_now_ms();
    call->uploaded = up;
    if (call->options && call->options->progress && up) {
        kzi_run *run = call->user;
        if (!kzi_report(call->options, run, "upload", NULL, "bytes", up, total_up ? total_up : -1, &call->error))
            return 1;
    }
    return 0;
}

/* Of what comes at a time: libcurl's own size; events are small and a program may have thousands of streams: a quarter; files are large:
 * eight times as much spares system calls. */
enum { STREAM_BUFFER = 4096, ANSWER_BUFFER = 16 * 1024, FILE_BUFFER = 128 * 1024 };

static long buffer_size(const kzi_call *call)
{
    return call->resumable ? FILE_BUFFER : call->accepts_stream ? STREAM_BUFFER : ANSWER_BUFFER;
}

/* What differs between calls. What they have in common, the handle knows already (easy.c). */
static bool set_connection(kzi_call *call, CURL *easy)
{
    bool fine = !call->attempt || kzi_easy_set_text(easy, CURLOPT_USERAGENT, call->client->settings->user_agent);
    if (call->raw)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_error);
    /* Rather wait for a connection that HTTP/2 shares than open one for each call. Without TLS there is no HTTP/2 to wait for. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)(call->loop->shared && !strncasecmp(call->url.data, "https:", 6)));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_size(call));
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    call->stale = false;
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    if (call->body_kind >= KZ_BODY_MULTIPART) {
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call);
    }
    return fine || kz_error_no_memory(&call->error);
}

static char encodings[64];
static pthread_once_t encodings_once = PTHREAD_ONCE_INIT;

/* What libcurl can decode, in the words that it would use itself; but where memory is to be wiped not by libraries that have memory of their own. */
static void list_encodings(void)
{
    int features = curl_version_info(CURLVERSION_NOW)->features;
    if (kzi_wipes())
        features &= ~(CURL_VERSION_BROTLI | CURL_VERSION_ZSTD);
    char text[sizeof encodings];
    snprintf(text, sizeof text, "%s%s%s", features & CURL_VERSION_LIBZ ? ", deflate, gzip" : "",
        features & CURL_VERSION_BROTLI ? ", br" : "", features & CURL_VERSION_ZSTD ? ", zstd" : "");
    strcpy(encodings, *text ? text + 2 : "identity");
}

static const char *accepted(const kzi_call *call)
{
    return call->accepts_stream                          ? "text/event-stream"
        : call->op && call->op->answer == KZ_ANSWER_JSON ? "application/json"
                                                         : "*/*";
}

/* Whether libcurl might ask the server before it sends the content; which it never does for so little. */
static bool may_expect(const kzi_call *call)
{
    enum { LITTLE = 1024 };
    return call->body_kind && (call->body_kind >= KZ_BODY_MULTIPART || call->body.length > LITTLE);
}

/* libcurl would name a content that there is none of. */
static bool posts_nothing(const kzi_call *call)
{
    return !call->body_kind && strcmp(call->method, "GET") != 0 && strcmp(call->method, "HEAD") != 0;
}

/* The headers that every request has. libcurl would write User-Agent and Accept-Encoding twice, letter by letter: once into a text of its
 * own and once into the request. */
bool kzi_call_complete_headers(kzi_call *call)
{
    const kzi_settings *settings = call->client->settings;
    struct curl_slist **list = &call->headers;
    bool fine = true;
    if (call->headers_complete)
        return true;
    pthread_once(&encodings_once, list_encodings);
    if (settings->user_agent)
        fine = kzi_header_put_default(list, "User-Agent", settings->user_agent);
    if (fine && settings->compressed && !call->raw)
        fine = kzi_header_put_default(list, "Accept-Encoding", encodings);
    if (fine && !call->raw)
        fine = kzi_header_put_default(list, "Accept", accepted(call));
    if (fine && posts_nothing(call))
        fine = kzi_header_put_default(list, "Content-Type", NULL);
    if (fine && may_expect(call))
        fine = kzi_header_put(list, "Expect", NULL);
    if (fine && call->idempotency_key[0])
        fine = kzi_header_put(list, "Idempotency-Key", call->idempotency_key);
    return call->headers_complete = fine;
}

/* The operation's headers behind the credentials, chained rather than copied. */
static bool set_headers(kzi_call *call, CURL *easy)
{
    if (call->attempt ? !call->attempt(call) : !kzi_call_complete_headers(call))
        return false;
    struct curl_slist *chain = call->headers;
    for (unsigned i = call->n_credentials; i--; chain = &call->credentials[i])
        call->credentials[i].next = chain;
    if (call->signature) {
        call->signature_end->next = chain;
        chain = call->signature;
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, chain);
    return true;
}

static bool set_request(kzi_call *call, CURL *easy)
{
    if (curl_easy_setopt(easy, CURLOPT_URL, call->url.data))
        return kz_error_no_memory(&call->error);
    bool get = !strcmp(call->method, "GET"), fine = true;
    if (call->body_kind == KZ_BODY_JSON || call->body_kind == KZ_BODY_FORM) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data ? call->body.data : "");
    } else if (call->body_kind == KZ_BODY_MULTIPART) {
        curl_mime_free(call->mime);
        call->mime = NULL;
        if (!kzi_multipart_build(call, &call->error))
            return false;
        curl_easy_setopt(easy, CURLOPT_MIMEPOST, call->mime);
    } else if (call->body_kind == KZ_BODY_BYTES) {
        if (!kzi_upload_body(call, &call->error))
            return false;
    } else if (!strcmp(call->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (get) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    bool posts = !strcmp(call->method, "POST") && call->body_kind != KZ_BODY_BYTES; /* libcurl's own verb for these bodies */
    if (strcmp(call->method, "HEAD") != 0 && !posts && (!get || call->body_kind))
        fine = kzi_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, call->method);
    return (fine && set_headers(call, easy)) || kz_error_no_memory(&call->error);
}

static kzi_step send_transport(kzi_call *call)
{
    forget_answer(call);
    kzi_buffer_clear(&call->answer);
    call->header_bytes = 0;
    call->uploaded = 0;
    call->sends = 0;
    call->sent = call->paused = call->aborted_resend = call->kept_out = call->opened = false;
    call->socket_error = 0;
    call->curl_error[0] = 0;
    call->active_at = kzi_now_ms();
    call->attempts++;
    if (!kzi_easy_take(call)) {
        kz_error_no_memory(&call->error);
        return KZI_END;
    }
    if (!set_connection(call, call->easy) || !set_request(call, call->easy))
        return KZI_END;
    return kzi_loop_start(call->loop, call) ? KZI_PENDING : KZI_END;
}

const kzi_policy kzi_policy_transport = { .name = "transport", .send = send_transport };
