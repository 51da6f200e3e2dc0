/* multipart.c: bodies that carry files: multipart/form-data by libcurl's mime interface, from memory, a path or a callback,
 * and a bare upload as the whole body. Built anew for each attempt; a callback that cannot be read twice forbids retries. */
#include "engine.h"
#include "json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t read_callback(char *buffer, size_t size, size_t n, void *user)
{
    const kz_upload *upload = user;
    int64_t got = upload->read(upload->user, buffer, size * n);
    return got < 0 || (uint64_t)got > size * n ? CURL_READFUNC_ABORT : (size_t)got;
}

/* Memory as a source that is not copied. */
typedef struct memory_source {
    const char *data;
    size_t length, at;
} memory_source;

static size_t read_memory(char *buffer, size_t size, size_t n, void *user)
{
    memory_source *source = user;
    size_t left = source->length - source->at, count = size * n < left ? size * n : left;
    memcpy(buffer, source->data + source->at, count);
    source->at += count;
    return count;
}

static int seek_memory(void *user, curl_off_t offset, int origin)
{
    memory_source *source = user;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > source->length)
        return CURL_SEEKFUNC_CANTSEEK;
    source->at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static bool upload_is_valid(const kz_upload *upload, const char *name, kz_error **error)
{
    int sources = !!upload->path + !!upload->data + !!upload->read;
    if (sources > 1 || (!sources && upload->length))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "The upload %s needs one source: a path, data or a callback.", name);
    struct stat facts;
    if (upload->path && (stat(upload->path, &facts) || !S_ISREG(facts.st_mode)))
        return kz_error_set(
            error, KZ_ERROR_ARGUMENT, name, "The file \"%s\" to upload as %s cannot be read or is no file.", upload->path, name);
    return true;
}

static const char *file_name(const kz_upload *upload)
{
    if (upload->filename)
        return upload->filename;
    const char *slash = upload->path ? strrchr(upload->path, '/') : NULL;
    return slash ? slash + 1 : upload->path ? upload->path : "upload";
}

static CURLcode add_upload(curl_mime *mime, const char *name, const kz_upload *upload)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    if (!part)
        return CURLE_OUT_OF_MEMORY;
    CURLcode code = curl_mime_name(part, name);
    if (!code && upload->path) {
        code = curl_mime_filedata(part, upload->path);
    } else if (!code && upload->read) {
        curl_off_t length = upload->length ? (curl_off_t)upload->length : -1;
        code = curl_mime_data_cb(part, length, read_callback, NULL, NULL, (void *)(uintptr_t)upload);
    } else if (!code) {
        memory_source *source = malloc(sizeof *source);
        if (!source)
            return CURLE_OUT_OF_MEMORY;
        *source = (memory_source){ .data = upload->data ? upload->data : "", .length = upload->length };
        code = curl_mime_data_cb(part, (curl_off_t)upload->length, read_memory, seek_memory, free, source);
    }
    if (!code)
        code = curl_mime_filename(part, file_name(upload));
    if (!code)
        code = curl_mime_type(part, upload->type ? upload->type : "application/octet-stream");
    return code;
}

static CURLcode add_text(curl_mime *mime, const char *name, const kzi_buffer *text)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    if (!part || text->failed)
        return CURLE_OUT_OF_MEMORY;
    CURLcode code = curl_mime_name(part, name);
    return code ? code : curl_mime_data(part, text->data ? text->data : "", text->length);
}

static CURLcode add_uploads(kzi_call *call, const kz_field *field, const void *at, size_t count, kz_error **error)
{
    const kz_upload *uploads;
    memcpy(&uploads, at, sizeof uploads);
    if (!uploads)
        return CURLE_OK;
    CURLcode code = CURLE_OK;
    for (size_t i = 0; !code && i < (field->container == KZ_LIST ? count : 1); i++) {
        if (!upload_is_valid(&uploads[i], field->name, error))
            return CURLE_READ_ERROR;
        kzi_buffer name = { 0 };
        bool listed = field->container == KZ_LIST && call->op->flags & KZ_OP_BRACKETS;
        kzi_buffer_printf(&name, listed ? "%s[]" : "%s", field->name);
        code = name.failed ? CURLE_OUT_OF_MEMORY : add_upload(call->mime, name.data, &uploads[i]);
        kzi_buffer_free(&name);
    }
    return code;
}

/* A value of JSON as parts: name[] for each item of a list, name[member] for each member of an object. */
static CURLcode add_brackets(curl_mime *mime, const char *name, kz_json value)
{
    kzi_buffer inner = { 0 };
    kzi_members members;
    kzi_items items;
    kzi_span member;
    kz_json one;
    CURLcode code = CURLE_OK;
    kzi_members_begin(&members, value);
    kzi_items_begin(&items, value);
    if (value.length && *value.text == '{') {
        while (!code && kzi_members_next(&members, &member, &one)) {
            kzi_buffer_clear(&inner);
            kzi_buffer_printf(&inner, "%s[%.*s]", name, (int)member.length, member.text);
            code = inner.failed ? CURLE_OUT_OF_MEMORY : add_brackets(mime, inner.data, one);
        }
    } else if (value.length && *value.text == '[') {
        kzi_buffer_printf(&inner, "%s[]", name);
        while (!code && kzi_items_next(&items, &one))
            code = inner.failed ? CURLE_OUT_OF_MEMORY : add_brackets(mime, inner.data, one);
    } else {
        kzi_json_put_plain(&inner, value);
        code = add_text(mime, name, &inner);
    }
    kzi_buffer_free(&inner);
    return code;
}

/* Lists become parts of one name each; what has no text of its own becomes JSON, or parts with brackets in their names. */
static CURLcode add_field(kzi_call *call, const kz_field *field, kz_error **error)
{
    size_t count;
    const void *at = kzi_field_at(call->params, call->json.root_size, field, &count);
    if (!at)
        return CURLE_OK;
    if (field->type == KZ_TYPE_UPLOAD)
        return add_uploads(call, field, at, count, error);
    kzi_buffer text = { 0 };
    CURLcode code = CURLE_OK;
    const char *const *strings;
    bool brackets = call->op->flags & KZ_OP_BRACKETS;
    memcpy(&strings, at, sizeof strings);
    if (field->container == KZ_LIST && field->type == KZ_TYPE_STRING && !brackets) {
        for (size_t i = 0; !code && strings && i < count; i++) {
            kzi_buffer_clear(&text);
            kzi_buffer_puts(&text, strings[i] ? strings[i] : "");
            code = add_text(call->mime, field->name, &text);
        }
    } else if (brackets && field->type == KZ_TYPE_JSON && kzi_field_text(&text, field, call->params, call->json.root_size)) {
        code = text.failed ? CURLE_OUT_OF_MEMORY : add_brackets(call->mime, field->name, (kz_json){ text.data, text.length });
    } else if (kzi_field_text(&text, field, call->params, call->json.root_size)) {
        code = add_text(call->mime, field->name, &text);
    } else if (field->type == KZ_TYPE_OBJECT || field->container != KZ_ONE) {
        kz_schema alone = *call->op->params;
        alone.n_fields = 1;
        alone.fields = field;
        alone.by_name = (const uint16_t[]){ 0 };
        kzi_json_options options = call->json;
        if (!kzi_json_write(&text, &alone, call->params, KZ_IN_BODY, &options, error)) {
            kzi_buffer_free(&text);
            return CURLE_READ_ERROR;
        }
        kz_json member = kz_json_member((kz_json){ text.data, text.length }, field->name);
        if (member.text && brackets) {
            code = add_brackets(call->mime, field->name, member);
        } else if (member.text) {
            kzi_buffer value = { .data = (char *)(uintptr_t)member.text, .length = member.length };
            code = add_text(call->mime, field->name, &value);
        }
    }
    kzi_buffer_free(&text);
    return code;
}

static const kz_upload *whole_upload(const kzi_call *call)
{
    const kz_schema *schema = call->op->params;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        size_t count;
        const void *at = kzi_field_at(call->params, call->json.root_size, &schema->fields[i], &count);
        if (!at || schema->fields[i].place != KZ_IN_BODY_WHOLE || schema->fields[i].type != KZ_TYPE_UPLOAD)
            continue;
        const kz_upload *upload;
        memcpy(&upload, at, sizeof upload);
        return upload;
    }
    return NULL;
}

const char *kzi_upload_type(const kzi_call *call)
{
    const kz_upload *upload = whole_upload(call);
    const char *usual = call->op->content_type ? call->op->content_type : "application/octet-stream";
    return upload && upload->type ? upload->type : usual;
}

bool kzi_upload_body(kzi_call *call, kz_error **error)
{
    static const kz_upload nothing = { .data = "" };
    const kz_upload *upload = whole_upload(call);
    struct stat facts = { 0 };
    if (!upload)
        upload = &nothing;
    if (!upload_is_valid(upload, "body", error))
        return false;
    if (!upload->path && !upload->read) {
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)upload->length);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, upload->data ? upload->data : "");
        return true;
    }
    curl_easy_setopt(call->easy, CURLOPT_UPLOAD, 1L);
    if (upload->read) {
        curl_easy_setopt(call->easy, CURLOPT_READFUNCTION, read_callback);
        curl_easy_setopt(call->easy, CURLOPT_READDATA, (void *)(uintptr_t)upload);
        curl_easy_setopt(call->easy, CURLOPT_INFILESIZE_LARGE, upload->length ? (curl_off_t)upload->length : -1);
        return true;
    }
    if (call->body_file)
        fclose(call->body_file);
    call->body_file = fopen(upload->path, "rbe");
    if (!call->body_file || fstat(fileno(call->body_file), &facts))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "body", "The file \"%s\" to upload cannot be read.", upload->path);
    curl_easy_setopt(call->easy, CURLOPT_READDATA, call->body_file);
    curl_easy_setopt(call->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)facts.st_size);
    return true;
}

/* Members of JSON as further parts; null is none. */
static CURLcode add_members(kzi_call *call, kz_json object)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    CURLcode code = CURLE_OK;
    kzi_members_begin(&members, object);
    while (!code && kzi_members_next(&members, &name, &value)) {
        kzi_buffer plain = { 0 }, text = { 0 };
        char *to = *value.text == 'n' ? NULL : kzi_buffer_reserve(&plain, name.length + 1);
        if (to) {
            to[kzi_span_text(&name, to)] = 0;
            kzi_json_put_plain(&text, value);
            code = call->op->flags & KZ_OP_BRACKETS ? add_brackets(call->mime, to, value) : add_text(call->mime, to, &text);
        } else if (plain.failed) {
            code = CURLE_OUT_OF_MEMORY;
        }
        kzi_buffer_free(&plain);
        kzi_buffer_free(&text);
    }
    return code;
}

bool kzi_multipart_build(kzi_call *call, kz_error **error)
{
    call->mime = curl_mime_init(call->easy);
    CURLcode code = call->mime ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    const kz_schema *schema = call->op->params;
    kz_json extra = kzi_extra(schema, call->params);
    for (uint32_t i = 0; !code && i < schema->n_fields; i++)
        if (schema->fields[i].place == KZ_IN_BODY && !kz_json_member(extra, schema->fields[i].name).text)
            code = add_field(call, &schema->fields[i], error);
    if (!code && extra.text)
        code = add_members(call, extra);
    if (!code && call->options && call->options->body.text)
        code = add_members(call, call->options->body);
    if (!code)
        return true;
    return code == CURLE_READ_ERROR ? false : kz_error_no_memory(error);
}

bool kzi_multipart_is_once(const kz_schema *schema, const void *params, uint64_t size)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        size_t count;
        const void *at = kzi_field_at(params, size, field, &count);
        if (!at || field->type != KZ_TYPE_UPLOAD)
            continue;
        const kz_upload *uploads;
        memcpy(&uploads, at, sizeof uploads);
        for (size_t j = 0; uploads && j < (field->container == KZ_LIST ? count : 1); j++)
            if (uploads[j].read)
                return true;
    }
    return false;
}
