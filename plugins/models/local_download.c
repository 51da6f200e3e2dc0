/* local_download.c: models.download: the files of a model to this machine, straight from the hub that they name: several at
 * once, resumed, checked by size and SHA-256 where these are known, nothing fetched twice. Without a folder the platform
 * downloads and this waits. */
#include "flows.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file on its way: its place, and the checksum so far. */
typedef struct local_file {
    const kz_model_file *file;
    char *path;
    char *url;
    EVP_MD_CTX *digest; /* NULL: no checksum known */
    kz_string_entry header;
    char *authorization;
    bool present; /* it was there already, whole */
} local_file;

typedef struct batch {
    kz_service *service;
    const kz_models_download_params *params;
    kz_download *result;
    const kz_model *model;
    const char *repo_id;
    local_file *files;
    size_t n_files;
} batch;

static void wipe_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static const char *expected_sha256(const kz_model_file *file)
{
    const char *sum = file->checksum;
    if (sum && !strncasecmp(sum, "sha256:", 7))
        sum += 7;
    else if (!file->checksum_type || strcasecmp(file->checksum_type, "sha256") != 0)
        return NULL;
    return sum && strlen(sum) == 64 && strspn(sum, "0123456789abcdefABCDEF") == 64 ? sum : NULL;
}

static void restart(void *user)
{
    local_file *f = user;
    if (f->digest)
        EVP_DigestInit_ex(f->digest, EVP_sha256(), NULL);
}

static void take(void *user, const void *data, size_t length)
{
    local_file *f = user;
    if (f->digest)
        EVP_DigestUpdate(f->digest, data, length);
}

static bool finish(void *user, kz_error **error)
{
    local_file *f = user;
    unsigned char sum[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned length = 0;
    if (!f->digest)
        return true;
    EVP_DigestFinal_ex(f->digest, sum, &length);
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", sum[i]);
    return !strcasecmp(text, expected_sha256(f->file)) ||
        kz_error_set(error, KZ_ERROR_DECODE, f->file->name,
            "The SHA-256 of %s is %s, not %s as announced; the file was thrown away.", f->file->name, text,
            expected_sha256(f->file));
}

/* Names come from a server: they stay below the folder. */
static bool is_safe(const char *name)
{
    if (!name || !*name || *name == '/' || strchr(name, '\\'))
        return false;
    for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
        size_t length = strcspn(part, "/");
        if (!length || (length == 1 && *part == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
            return false;
    }
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20)
            return false;
    return true;
}

static bool make_folders(const char *path, kz_error **error)
{
    char part[4096];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "path", "The path is too long.");
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i])
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0777) && errno != EEXIST)
            return kz_error_set(
                error, KZ_ERROR_ARGUMENT, "path", "The folder %s cannot be made: %s.", part, strerrordesc_np(errno));
    }
    return true;
}

static bool make_parent(const char *path, kz_error **error)
{
    char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (!folder)
        return kz_error_no_memory(error);
    bool fine = true;
    if (slash && slash != folder) {
        *slash = 0;
        fine = make_folders(folder, error);
    }
    free(folder);
    return fine;
}

/* Appends a path with all but unreserved characters and '/' percent-encoded. */
static void append_path(char *out, const char *path)
{
    char *to = out + strlen(out);
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c);
        to += plain ? sprintf(to, "%c", c) : sprintf(to, "%%%02X", c);
    }
}

static bool is_url(const char *text)
{
    return text && (!strncasecmp(text, "http://", 7) || !strncasecmp(text, "https://", 8));
}

static char *url_of(const batch *b, const kz_model_file *file, bool *from_hub)
{
    const char *hub = kz_service_setting(b->service, "hub_url"), *revision = b->params->revision;
    size_t origin = strlen(hub);
    if (is_url(file->storage_location)) {
        *from_hub = !strncmp(file->storage_location, hub, origin) && file->storage_location[origin] == '/';
        return strdup(file->storage_location);
    }
    if (!kzp_has(revision))
        revision = "main";
    *from_hub = true;
    char *url = malloc(origin + 3 * (strlen(b->repo_id) + strlen(revision) + strlen(file->name)) + 32);
    if (!url)
        return NULL;
    sprintf(url, "%s/", hub);
    append_path(url, b->repo_id);
    strcat(url, "/resolve/");
    append_path(url, revision);
    strcat(url, "/");
    append_path(url, file->name);
    return url;
}

/* A file that is there, of the right size and checksum, is not fetched again. */
static bool is_whole(local_file *f)
{
    struct stat facts;
    char block[65536];
    if (stat(f->path, &facts) || !S_ISREG(facts.st_mode) || f->file->size.state != KZ_SET || facts.st_size != f->file->size.value)
        return false;
    if (!f->digest)
        return true;
    int fd = TEMP_FAILURE_RETRY(open(f->path, O_RDONLY | O_CLOEXEC));
    ssize_t n = fd < 0 ? -1 : 1;
    restart(f);
    while (n > 0 && (n = TEMP_FAILURE_RETRY(read(fd, block, sizeof block))) > 0)
        take(f, block, (size_t)n);
    if (fd >= 0)
        close(fd);
    bool whole = n == 0 && finish(f, NULL);
    restart(f);
    return whole;
}

static bool prepare(batch *b, local_file *f, const kz_model_file *file, kz_error **error)
{
    const char *token = kz_service_setting(b->service, "hub_token");
    bool from_hub = false;
    size_t length = strlen(b->params->path) + strlen(file->name) + 2;
    f->file = file;
    f->path = malloc(length);
    f->url = url_of(b, file, &from_hub);
    if (!f->path || !f->url)
        return kz_error_no_memory(error);
    snprintf(f->path, length, "%s/%s", b->params->path, file->name);
    if (expected_sha256(file) && !(f->digest = EVP_MD_CTX_new()))
        return kz_error_no_memory(error);
    restart(f);
    if (token && from_hub) {
        f->authorization = malloc(strlen(token) + 8);
        if (!f->authorization)
            return kz_error_no_memory(error);
        sprintf(f->authorization, "Bearer %s", token);
        f->header = (kz_string_entry){ "Authorization", f->authorization };
    }
    if (!make_parent(f->path, error))
        return false;
    f->present = is_whole(f);
    return true;
}

static bool is_wanted(const kz_models_download_params *params, const char *name)
{
    for (size_t i = 0; i < params->n_files; i++)
        if (params->files[i] && !strcmp(params->files[i], name))
            return true;
    return !params->n_files;
}

static const kz_model *find(batch *b, kz_error **error)
{
    if (kzp_has(b->params->repo_id)) {
        b->repo_id = b->params->repo_id;
        return kzp_find_on_hub(b->service, b->result, b->repo_id, error);
    }
    kz_model *model = kz_models_get((kz_models *)b->service, &(kz_models_get_params){ .model_id = b->params->model_id }, error);
    if (!model)
        return NULL;
    kz_result_adopt(b->result, model);
    if (!model->repo_modelId) {
        kz_error_set(error, KZ_ERROR_STATE, "model_id", "The model has no repository to download from.");
        return NULL;
    }
    b->repo_id = model->repo_modelId;
    return kzp_find_on_hub(b->service, b->result, b->repo_id, error);
}

/* All files that were named must be there. */
static bool check_names(const batch *b, const kz_model_file *const *files, size_t n, kz_error **error)
{
    for (size_t i = 0; i < b->params->n_files; i++) {
        bool found = false;
        for (size_t j = 0; j < n && b->params->files[i]; j++)
            found |= files[j]->name && !strcmp(files[j]->name, b->params->files[i]);
        if (!found)
            return kz_error_set(error, KZ_ERROR_NOT_FOUND, "files", "%s has no file %s.", b->repo_id, b->params->files[i]);
    }
    return true;
}

static bool choose(batch *b, kz_error **error)
{
    size_t n = b->model->n_m_files;
    const kz_model_file *const *files = b->model->m_files;
    if (!b->params->n_files && kzp_has(b->params->quantization))
        files = kzp_choose_files(b->result, b->model, b->params->quantization, &n, error);
    if (!files || !check_names(b, files, n, error))
        return false;
    b->files = calloc(n + 1, sizeof *b->files);
    if (!b->files)
        return kz_error_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (!files[i]->name || !is_wanted(b->params, files[i]->name))
            continue;
        if (!is_safe(files[i]->name))
            return kz_error_set(error, KZ_ERROR_DECODE, "files", "The hub names a file \"%.100s\", which would leave the folder.",
                files[i]->name);
        if (!prepare(b, &b->files[b->n_files++], files[i], error))
            return false;
    }
    return b->n_files || kz_error_set(error, KZ_ERROR_NOT_FOUND, "repo_id", "%s has no files.", b->repo_id);
}

static bool fetch(batch *b, kz_error **error)
{
    kz_transfer *transfers = calloc(b->n_files + 1, sizeof *transfers);
    size_t n = 0, limit = b->params->parallel.state == KZ_SET ? (size_t)b->params->parallel.value : 4;
    if (!transfers)
        return kz_error_no_memory(error);
    for (size_t i = 0; i < b->n_files; i++) {
        local_file *f = &b->files[i];
        if (!f->present)
            transfers[n++] = (kz_transfer){ .url = f->url,
                .path = f->path,
                .headers = &f->header,
                .n_headers = f->authorization != NULL,
                .size = f->file->size.state == KZ_SET ? f->file->size.value : -1,
                .bytes = take,
                .restart = restart,
                .finish = finish,
                .user = f };
    }
    bool fine = !n || kz_service_fetch(b->service, transfers, n, limit, "download", error);
    for (size_t i = 0; i < n; i++)
        kz_error_free(transfers[i].error);
    free(transfers);
    return fine;
}

static bool report(batch *b, kz_error **error)
{
    const kz_downloaded_file **list = kz_result_memory(b->result, (b->n_files + 1) * sizeof *list, error);
    for (size_t i = 0; list && i < b->n_files; i++) {
        struct stat facts = { 0 };
        kz_downloaded_file *item = kz_result_object(b->result, &kzt_kz_downloaded_file, sizeof *item, error);
        if (!item)
            return false;
        stat(b->files[i].path, &facts);
        item->name = b->files[i].file->name;
        item->path = kz_result_string(b->result, b->files[i].path, SIZE_MAX, error);
        item->size = KZ_INT(facts.st_size);
        item->fetched = KZ_BOOL(!b->files[i].present);
        item->verified = KZ_BOOL(b->files[i].digest != NULL);
        list[i] = item;
    }
    b->result->files = list;
    b->result->n_files = list ? b->n_files : 0;
    b->result->path = kz_result_string(b->result, b->params->path, SIZE_MAX, error);
    return !*error;
}

static void clean_up(batch *b)
{
    for (size_t i = 0; i < b->n_files; i++) {
        EVP_MD_CTX_free(b->files[i].digest);
        free(b->files[i].path);
        free(b->files[i].url);
        wipe_free(b->files[i].authorization);
    }
    free(b->files);
}

/* The files that the platform is to have: those that were named, else those of the quantisation. */
static const kz_model_file *const *choose_for_platform(batch *b, size_t *n, kz_error **error)
{
    const char *quantization = kzp_has(b->params->quantization) ? b->params->quantization : "q6_k";
    size_t n_all = b->model->n_m_files;
    *n = 0;
    if (!b->params->n_files)
        return kzp_choose_files(b->result, b->model, quantization, n, error);
    if (!check_names(b, b->model->m_files, n_all, error))
        return NULL;
    const kz_model_file **named = kz_result_memory(b->result, (n_all + 1) * sizeof *named, error);
    for (size_t i = 0; named && i < n_all; i++)
        if (b->model->m_files[i]->name && is_wanted(b->params, b->model->m_files[i]->name))
            named[(*n)++] = b->model->m_files[i];
    return named;
}

/* The platform fetches; what it has then is told. */
static bool by_platform(batch *b, kz_error **error)
{
    size_t n = 0;
    const kz_model_file *const *files = choose_for_platform(b, &n, error);
    if (!n)
        return *error ? false : kz_error_set(error, KZ_ERROR_NOT_FOUND, "repo_id", "%s has no files.", b->repo_id);
    kz_initiated_download *begun = kz_result_new(&kzt_kz_initiated_download, sizeof *begun, error);
    if (!begun)
        return false;
    kz_result_adopt(b->result, begun);
    bool fine = kzp_begin_download(b->service, begun, b->model, files, n, error) &&
        kzp_wait_for_begun(b->service, begun, 1, 0, error);
    const kz_downloaded_file **items = fine ? kz_result_memory(b->result, (begun->n_files + 1) * sizeof *items, error) : NULL;
    for (size_t i = 0; items && i < begun->n_files; i++) {
        kz_downloaded_file *item = kz_result_object(b->result, &kzt_kz_downloaded_file, sizeof *item, error);
        if (!item)
            return false;
        item->name = begun->files[i]->name;
        item->size = begun->files[i]->size;
        item->fetched = KZ_BOOL(!kzp_true(begun->files[i]->download));
        items[i] = item;
    }
    b->result->files = items;
    b->result->n_files = items ? begun->n_files : 0;
    return items != NULL;
}

void *kzp_models_download(kz_service *service, const void *arguments, kz_error **error)
{
    const kz_models_download_params *params = arguments;
    if (kzp_has(params->repo_id) == kzp_has(params->model_id)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "repo_id", "A download needs either repo_id or model_id.");
        return NULL;
    }
    batch b = { .service = service, .params = params, .result = kz_result_new(&kzt_kz_download, sizeof(kz_download), error) };
    bool fine = b.result && (b.model = find(&b, error)) != NULL;
    if (fine && kzp_has(params->path))
        fine = make_folders(params->path, error) && choose(&b, error) && fetch(&b, error) && report(&b, error);
    else if (fine)
        fine = by_platform(&b, error);
    if (fine)
        b.result->repo_id = kz_result_string(b.result, b.repo_id, SIZE_MAX, error);
    clean_up(&b);
    if (fine && !*error)
        return b.result;
    kz_free(b.result);
    return NULL;
}
