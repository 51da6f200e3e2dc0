/* answer.c: what an answer means. Classifies how the transport ended, and decodes a good answer by the operation's schema into
 * a result of its own scope. */
#include "engine.h"
#include "json_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a server does not like it says by an alert, with TLS 1.3 only after the handshake: libcurl then takes it for a failed read. */
static bool is_alert(const kzi_call *call)
{
    return strstr(call->curl_error, "SSL") && strstr(call->curl_error, "alert");
}

static bool is_tls(const kzi_call *call)
{
    switch (call->code) {
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return is_alert(call);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return true;
    default: return false;
    }
}

/* What a person can do about it. */
static const char *tls_remedy(const kzi_call *call)
{
    if (is_alert(call) && (strstr(call->curl_error, "certificate") || strstr(call->curl_error, "unknown ca"))) {
        return call->client->settings->client_cert
            ? "The server does not accept the certificate of client_cert"
            : "The server wants a certificate of this client: set client_cert and client_key";
    }
    switch (call->code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return "An authority of your own is named by the setting ca_file; the name and the dates of the certificate must fit";
    case CURLE_SSL_CACERT_BADFILE: return "Check the setting ca_file";
    case CURLE_SSL_CERTPROBLEM: return "Check the settings client_cert, client_key and client_key_password";
    default: return "Check that the server speaks TLS at this address";
    }
}

static void tls_error(kzi_call *call, const char *why)
{
    char url[512];
    kzi_public_url(call->url.data, url, sizeof url);
    char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    host[strcspn(host, "/")] = 0;
    kzi_call_error(call, &call->error, KZ_ERROR_TLS, "No secure connection to %s: %s. %s.", host, why, tls_remedy(call));
}

/* An address that libcurl may not ask (easy.c) or cannot. */
static bool is_no_address(const kzi_call *call)
{
    return call->code == CURLE_URL_MALFORMAT || (call->code == CURLE_UNSUPPORTED_PROTOCOL && !kzi_is_http_url(call->url.data));
}

static void address_error(kzi_call *call)
{
    char url[512];
    kzi_public_url(call->url.data, url, sizeof url);
    kzi_call_error(call, &call->error, KZ_ERROR_ARGUMENT, "The address \"%s\" is no http(s) URL.", url);
}

/* libcurl 7.88 takes 100 KiB for a line of headers, and what is longer for a lack of memory. */
static bool has_endless_header(const kzi_call *call)
{
    curl_off_t begun = 0;
    curl_easy_getinfo(call->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
    return call->code == CURLE_OUT_OF_MEMORY && begun && !call->headers_done;
}

static void transport_error(kzi_call *call)
{
    const char *why = call->curl_error[0] ? call->curl_error : curl_easy_strerror(call->code);
    if (call->error)
        return; /* a limit, the sink or the program said so already */
    if (call->kept_out)
        kzi_call_error(call, &call->error, KZ_ERROR_API,
            "The server redirects the request, which is not followed: it leads from another network into this machine or its "
            "private network.");
    else if (call->stale)
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "The connection had more to say than was asked for.");
    else if (has_endless_header(call))
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION,
            "A line of the answer's headers is longer than 100 KiB, which libcurl does not take, whatever max_header_size is; or "
            "no memory was left for it.");
    else if (call->code == CURLE_OUT_OF_MEMORY || call->socket_error == ENOMEM)
        kz_error_no_memory(&call->error);
    else if (call->aborted_resend || call->code == CURLE_SEND_FAIL_REWIND)
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION,
            "The connection died before an answer came. %s is not sent again, since %s.", call->method,
            call->aborted_resend ? "the server may have acted on it" : "its content can be read only once");
    else if (call->code == CURLE_OPERATION_TIMEDOUT)
        kzi_call_error(call, &call->error, KZ_ERROR_TIMEOUT, "No connection in time: %s.", why);
    else if (is_no_address(call))
        address_error(call);
    else if (is_tls(call))
        tls_error(call, why);
    else if (call->code == CURLE_COULDNT_RESOLVE_HOST || call->code == CURLE_COULDNT_RESOLVE_PROXY)
        kzi_call_error(
            call, &call->error, KZ_ERROR_CONNECTION, "The host name is not known: %s. Check the base URL and the network.", why);
    else if (call->code == CURLE_COULDNT_CONNECT && call->socket_error)
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "No connection: the system gives no socket: %s.",
            strerrordesc_np(call->socket_error));
    else if (call->code == CURLE_COULDNT_CONNECT)
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "No connection: %s. Is the server running?", why);
    else if (call->code == CURLE_READ_ERROR || call->code == CURLE_ABORTED_BY_CALLBACK)
        kzi_call_error(call, &call->error, KZ_ERROR_ARGUMENT, "What was to be uploaded could not be read.");
    else
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "The answer did not arrive whole: %s.", why);
}

static bool looks_like_page(const kzi_call *call)
{
    if (call->content_type && !strncasecmp(call->content_type, "text/html", 9))
        return true;
    if (call->content_type && call->op && call->op->text)
        return false;
    size_t at = 0;
    while (at < call->answer.length && strchr(" \t\r\n", call->answer.data[at]))
        at++;
    return at < call->answer.length && call->answer.data[at] == '<';
}

static bool expects_json(const kzi_call *call)
{
    return call->op && (call->op->answer == KZ_ANSWER_JSON || call->op->answer >= KZ_ANSWER_EVENTS);
}

void kzi_answer_classify(kzi_call *call)
{
    if (call->code)
        transport_error(call);
    else if (call->status >= 400)
        kzi_answer_api_error(call);
    else if (call->status >= 200 && call->status < 300 && expects_json(call) && looks_like_page(call))
        kzi_call_error(call, &call->error, KZ_ERROR_NOT_API,
            "The server answered with a web page where JSON was due. The base URL probably lacks /api; it is %s.",
            call->client->settings->base_url);
    else if (!call->status)
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "What answered does not speak HTTP.");
}

/* The answer as a text of `scope`, and as its JSON in *header; NULL: no memory, or the call's error says why. */
static const char *text_of(kzi_call *call, kzi_scope *scope, kzi_header *header)
{
    const char *data = call->answer.data ? call->answer.data : "";
    const char *value = kzi_scope_string(scope, data, call->answer.length);
    kzi_buffer json = { 0 };
    if (!value)
        return NULL;
    if (!kzi_json_put_string(&json, data, call->answer.length)) {
        kzi_buffer_free(&json);
        kzi_call_error(call, &call->error, KZ_ERROR_DECODE, "The text of the answer is not UTF-8.");
        return NULL;
    }
    size_t length;
    char *text = kzi_buffer_take(&json, &length);
    if (!text || !kzi_scope_adopt(scope, text, length)) {
        free(text);
        return NULL;
    }
    header->text = text;
    header->length = length;
    return value;
}

static void *decode_text(kzi_call *call, kzi_scope *scope)
{
    kz_string_value *value = kzi_scope_object(scope, &kz_schema_string_value, sizeof *value);
    return value && (value->value = text_of(call, scope, kzi_header_of(value))) ? value : NULL;
}

/* Whether what came is text, where the operation allows for that: no object of JSON by its first byte and its content type. */
static bool is_plain_text(const kzi_call *call)
{
    size_t at = 0;
    if (!call->op || !call->op->text)
        return false;
    while (at < call->answer.length && strchr(" \t\r\n", call->answer.data[at]))
        at++;
    bool object = at < call->answer.length && call->answer.data[at] == '{';
    size_t line, column;
    const char *problem;
    return !object ||
        (call->content_type && !strncasecmp(call->content_type, "text/", 5) &&
            !kzi_json_valid(call->answer.data, call->answer.length, KZI_MAX_DEPTH, &line, &column, &problem));
}

/* A text in the place of an object: its member takes it. */
static void *decode_as_member(kzi_call *call, kzi_scope *scope)
{
    const kz_schema *schema = call->op->result;
    char *object = kzi_scope_object(scope, schema, call->result_size > schema->size ? call->result_size : schema->size);
    const char *text = object ? text_of(call, scope, kzi_header_of(object)) : NULL;
    for (uint32_t i = 0; text && i < schema->n_fields; i++)
        if (!strcmp(schema->fields[i].name, call->op->text))
            memcpy(object + schema->fields[i].offset, &text, sizeof text);
    return text ? object : NULL;
}

static void *decode_bytes(kzi_call *call, kzi_scope *scope)
{
    kz_bytes *bytes = kzi_scope_object(scope, &kz_schema_bytes, sizeof *bytes);
    size_t length;
    char *data = bytes ? kzi_buffer_take(&call->answer, &length) : NULL;
    if (!data || !kzi_scope_adopt(scope, data, length)) {
        free(data);
        return NULL;
    }
    bytes->data = data;
    bytes->length = length;
    if (call->content_type)
        bytes->type = kzi_scope_string(scope, call->content_type, strlen(call->content_type));
    return call->content_type && !bytes->type ? NULL : bytes;
}

static void *decode_json(kzi_call *call, kzi_scope *scope)
{
    const kz_schema *schema = call->op->result;
    if (is_plain_text(call))
        return decode_as_member(call, scope);
    if (!call->answer.length && schema->shape == KZ_SHAPE_VALUE)
        return kzi_scope_object(scope, schema, call->result_size > schema->size ? call->result_size : schema->size);
    size_t length;
    char *text = kzi_buffer_take(&call->answer, &length);
    if (!text || !kzi_scope_adopt(scope, text, length)) {
        free(text);
        return NULL;
    }
    kzi_json_options options = { .caller = call->caller, .root_size = call->result_size, .max_depth = call->json.max_depth };
    return kzi_json_read(schema, scope, text, length, &options, &call->error);
}

void kzi_answer_decode(kzi_call *call)
{
    static const char done[] = "";
    if (!call->op || call->op->answer == KZ_ANSWER_NOTHING) {
        call->result = (void *)(uintptr_t)done;
        return;
    }
    if (call->op->answer >= KZ_ANSWER_EVENTS)
        return;
    size_t limit = (size_t)call->client->settings->max_result_size, usual = call->answer.length / 2;
    kzi_scope *scope = kzi_scope_new((usual < limit ? usual : limit) + call->head.length + 512);
    if (scope)
        kzi_scope_limit(scope, limit);
    if (scope && kzi_scope_set_head(scope, call->head.data, call->head.length))
        call->result = call->op->answer == KZ_ANSWER_TEXT ? decode_text(call, scope)
            : call->op->answer == KZ_ANSWER_BYTES         ? decode_bytes(call, scope)
                                                          : decode_json(call, scope);
    if (call->result && call->op->answer == KZ_ANSWER_JSON && kzi_answer_is_error(call->result, true)) {
        kzi_answer_said_error(call, kz_json_of(call->result), &call->error);
        kz_free(call->result);
        call->result = NULL;
        return;
    }
    if (call->result)
        return;
    kzi_scope_free(scope);
    kz_error *cause = call->error;
    call->error = NULL;
    if (!cause) {
        kz_error_no_memory(&call->error);
        return;
    }
    if (cause->code != KZ_ERROR_DECODE) {
        call->error = cause;
        return;
    }
    char url[512];
    kzi_public_url(call->url.data, url, sizeof url);
    kz_error facts = { .code = cause->code,
        .message = cause->message,
        .path = cause->path,
        .status = call->status,
        .method = call->method,
        .url = url,
        .request_id = call->request_id,
        .attempts = call->attempts };
    kzi_error_fill(&call->error, &facts);
    kz_error_free(cause);
}
