/* works.c: see works.h. A scripted server answers; each work checks that what came is whole, and that what failed left nothing half
 * done behind. */
#include "works.h"

#include <glib/gstdio.h>
#include <string.h>

#define JSON(body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body, -1, WIRE_CLOSE
#define THING "{\"name\":\"a\\n\",\"size\":5,\"parts\":[\"x\",\"y\"],\"things\":[{\"name\":\"b\"}],\"later\":[1,{}]}"
#define FILE_OF(name, size) "{\"name\":\"" name "\",\"size\":" size ",\"checksum\":\"\",\"later\":1}"

static const WireAnswer script[] = {
    { JSON("[" THING "]"), .to = "GET /api/things?kind=round&skip=4" },
    { JSON("[" THING "," THING "]"), .to = "GET /api/things?" },
    { JSON(THING), .to = "POST /api/things" },
    { "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nX-Request-Id: r\r\nConnection: close\r\n\r\n"
      "{\"detail\":[{\"loc\":[\"body\",\"name\"],\"msg\":\"no such \\u0074hing\",\"type\":\"missing\"}],\"code\":\"gone\"}",
        -1, WIRE_CLOSE, "GET /api/things/missing" },
    { "HTTP/1.1 302 Found\r\nLocation: /api/things/one\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1, WIRE_CLOSE,
        "GET /api/things/moved" },
    { JSON("{\"name\":5}"), .to = "GET /api/things/wrong" },
    { JSON(THING), .to = "GET /api/things/" },
    { "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: \"e\"\r\nConnection: close\r\n\r\nbytes", -1,
        WIRE_CLOSE, "GET /api/content" },
    { JSON(THING), .to = "POST /api/content" },
    { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
      ": hello\nevent: thing\nid: 1\ndata: " THING "\n\ndata: {\"name\":\ndata: \"two lines\"}\n\ndata: [DONE]\n\n",
        -1, WIRE_CLOSE, "GET /api/tail" },
    { JSON("{\"results\":[{\"model\":{\"repo_modelId\":\"org/one\",\"hub\":\"hub\",\"name\":\"one\"}},"
           "{\"model\":{\"repo_modelId\":\"org/two\",\"hub\":\"hub\",\"name\":\"two\"}}],\"total_results\":2}"),
        .to = "POST /api/models/search/" },
    { JSON("[" FILE_OF("m-q4_k.gguf", "5") "," FILE_OF("m-q6_k.gguf", "5") "]"), .to = "POST /api/model_files/search/" },
    { JSON("{\"result\":true,\"message\":\"started\",\"files\":[]}"), .to = "POST /api/models/download/" },
    { JSON("[{\"name\":\"m-q6_k.gguf\",\"download\":true,\"download_elapsed\":\"00:00:01\"}]"),
        .to = "GET /api/model_files/download_status/" },
    { "HTTP/1.1 206 Rest\r\nETag: \"v\"\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntes", -1,
        WIRE_CLOSE, "GET /org/one/resolve/main/m-q4_k" },
    { "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: \"v\"\r\nContent-Length: 5\r\nConnection: "
      "close\r\n\r\nbytes",
        -1, WIRE_CLOSE, "GET /org/one/resolve/main/" },
    { "HTTP/1.1 500 What\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1, WIRE_CLOSE, "?" },
};

/* What a program with an empty configuration finds. */
static void write_profile(Fixture *f)
{
    char *home = g_build_filename(f->folder, "home", NULL), *below = g_build_filename(home, "kamiwaza", NULL);
    f->profile = g_build_filename(below, "config.json", NULL);
    char *text = g_strdup_printf("{\"profiles\":{\"default\":{\"base_url\":\"http://server.test%s/api\",\"timeout\":20,"
                                 "\"plugin_path\":[\"%s\"],\"max_retries\":0,\"compressed\":false}}}",
        strrchr(wire_url(f->server), ':'), g_getenv("KAMIWAZA_TEST_PLUGINS"));
    g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
    g_assert_true(g_file_set_contents(f->profile, text, -1, NULL));
    g_setenv("XDG_CONFIG_HOME", home, TRUE);
    g_free(text);
    g_free(below);
    g_free(home);
}

void works_begin(Fixture *f)
{
    kz_error *error = NULL;
    f->server = wire_start(script, G_N_ELEMENTS(script));
    char *url = g_strconcat(wire_url(f->server), "/api", NULL);
    f->config = kz_config_new(&error);
    kz_config_set_isolated(f->config, true, &error);
    kz_config_set(f->config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(f->config, "base_url", url, &error);
    kz_config_set(f->config, "hub_url", wire_url(f->server), &error);
    kz_config_set(f->config, "hub_token", "hub-secret", &error);
    kz_config_set(f->config, "api_key", "sk-secret", &error);
    kz_config_set(f->config, "headers", "X-One: 1\nX-Two: 2", &error);
    kz_config_set(f->config, "max_retries", "0", &error);
    f->client = kz_client_new(f->config, &error);
    f->trial = kz_client_trial(f->client, &error);
    f->models = kz_client_models(f->client, &error);
    f->folder = g_dir_make_tmp("kz-memory-XXXXXX", NULL);
    write_profile(f);
    g_free(url);
    if (error)
        g_error("%s", error->message);
}

static void empty_folder(const Fixture *f)
{
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(f->folder, name, NULL);
        g_unlink(path); /* not the folder with the profile */
        g_free(path);
    }
    g_dir_close(dir);
}

static void remove_profile(Fixture *f)
{
    char *below = g_path_get_dirname(f->profile), *home = g_path_get_dirname(below);
    g_unlink(f->profile);
    g_rmdir(below);
    g_rmdir(home);
    g_unsetenv("XDG_CONFIG_HOME");
    g_free(f->profile);
    g_free(below);
    g_free(home);
}

void works_end(Fixture *f)
{
    empty_folder(f);
    remove_profile(f);
    g_rmdir(f->folder);
    g_free(f->folder);
    kz_client_free(f->client);
    kz_config_free(f->config);
    wire_stop(f->server);
}

static bool is_thing(const kz_thing *thing)
{
    return thing && !strcmp(thing->name, "a\n") && thing->size.value == 5 && thing->n_parts == 2 && thing->n_things == 1 &&
        !strcmp(thing->things[0]->name, "b");
}

/* A result that came is whole. */
static bool took(kz_thing *thing)
{
    g_assert_true(!thing || is_thing(thing));
    kz_free(thing);
    return thing != NULL;
}

static bool get(void *user, kz_error **error)
{
    Fixture *f = user;
    return took(kz_trial_get(f->trial, &(kz_trial_get_params){ .name = "o/n e" }, error));
}

static bool get_with_arguments(void *user, kz_error **error)
{
    Fixture *f = user;
    const char *const tags[] = { "x", "y&z" };
    kz_thing_list *list = kz_trial_list(f->trial,
        &(kz_trial_list_params){
            .tag = tags, .n_tag = 2, .kind = "round", .x_trace = "trace", .taste = "sweet; sour", .limit = KZ_INT(2) },
        error);
    g_assert_true(!list || (list->n_items == 2 && is_thing(list->items[1])));
    kz_free(list);
    return list != NULL;
}

static bool with_options(void *user, kz_error **error)
{
    Fixture *f = user;
    const kz_string_entry headers[] = { { "X-Three", "3" } }, query[] = { { "k", "v v" } };
    kz_trial *own = kz_trial_with_options(f->trial,
        &(kz_call_options){ .headers = headers, .n_headers = 1, .query = query, .n_query = 1, .timeout = KZ_NUMBER(20) }, error);
    bool done = own && took(kz_trial_get(own, &(kz_trial_get_params){ .name = "moved" }, error));
    kz_service_free(own);
    return done;
}

static const kz_new_thing inner_things[] = {
    { .name = "one", .tags = (const char *const[]){ "a", "b" }, .n_tags = 2 },
    { .name = "two", .labels = (const kz_string_entry[]){ { "k", "v" } }, .n_labels = 1, .extra = { "{\"top_k\":40}", 12 } },
};

static bool post(void *user, kz_error **error)
{
    Fixture *f = user;
    return took(kz_trial_make(f->trial,
        &(kz_trial_make_params){ .name = "new \"thing\"",
            .weight = KZ_NUMBER(0.1),
            .settings = KZ_JSON("{\"a\":[1,2]}"),
            .things = inner_things,
            .n_things = 2,
            .extra = KZ_JSON("{\"more\":true}") },
        error));
}

static bool multipart(void *user, kz_error **error)
{
    Fixture *f = user;
    const kz_upload more[] = { { .data = "two", .length = 3, .filename = "2.txt", .type = "text/plain" }, { .data = "" } };
    const char *const names[] = { "n1", "n2" };
    return took(kz_trial_send(f->trial,
        &(kz_trial_send_params){ .file = &(kz_upload){ .data = "content", .length = 7 },
            .more = more,
            .n_more = 2,
            .names = names,
            .n_names = 2,
            .about = &inner_things[1] },
        error));
}

static bool bytes(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_bytes *content = kz_trial_content(f->trial, NULL, error);
    g_assert_true(!content || (content->length == 5 && !strcmp(content->type, "application/octet-stream")));
    kz_free(content);
    return content != NULL;
}

/* Ends well when the error is the one that is due. */
static bool expect(kz_error *failure, kz_error_code code, kz_error **error)
{
    g_assert_nonnull(failure);
    if (failure->code != (int64_t)code)
        return kz_error_move(error, &failure);
    kz_error_free(failure);
    return true;
}

static bool error_answer(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_error *failure = NULL;
    g_assert_null(kz_trial_get(f->trial, &(kz_trial_get_params){ .name = "missing" }, &failure));
    if (failure && failure->code == KZ_ERROR_NOT_FOUND) {
        g_assert_cmpint(failure->status, ==, 404);
        g_assert_cmpstr(failure->server_code, ==, "gone");
        g_assert_cmpstr(failure->request_id, ==, "r");
        g_assert_nonnull(strstr(failure->message, "body.name: no such thing"));
    }
    return expect(failure, KZ_ERROR_NOT_FOUND, error);
}

static bool misfit(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_error *failure = NULL;
    g_assert_null(kz_trial_get(f->trial, &(kz_trial_get_params){ .name = "wrong" }, &failure));
    return expect(failure, KZ_ERROR_DECODE, error);
}

static bool bad_argument(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_error *failure = NULL;
    g_assert_null(kz_trial_make(f->trial, &(kz_trial_make_params){ .name = "x", .extra = KZ_JSON("{") }, &failure));
    return expect(failure, KZ_ERROR_ARGUMENT, error);
}

static bool stream(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_stream *events = kz_trial_tail(f->trial, NULL, error);
    int n = 0;
    for (const kz_thing *item; events && (item = kz_stream_next(events, error)); n++) {
        g_assert_true(n ? !strcmp(item->name, "two lines") : is_thing(item));
        kz_thing *kept = kz_keep(item);
        if (!kept)
            kz_error_no_memory(error);
        kz_free(kept);
    }
    kz_stream_close(events);
    g_assert_true(*error || n == 2);
    return !*error;
}

/* Drives a call that was started to its end, on a loop of its own. */
static bool finish(kz_loop *loop, kz_pending *pending, bool content, kz_error **error)
{
    while (pending && !kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    void *result = pending ? kz_pending_take(pending, error) : NULL;
    bool fine = result && (!content || is_thing(result));
    if (content)
        kz_free(result);
    kz_pending_free(pending);
    kz_loop_free(loop);
    g_assert_true(fine || *error);
    return fine;
}

static bool asynchronous(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_loop *loop = kz_loop_new(f->client, error);
    const kz_trial_make_params params = { .name = "new", .things = inner_things, .n_things = 2 };
    return finish(loop, kz_submit(loop, f->trial, &kz_trial_make_op, &params, NULL, NULL, error), true, error);
}

static bool asynchronous_upload(void *user, kz_error **error)
{
    Fixture *f = user;
    const char *const names[] = { "n1", "n2" };
    kz_loop *loop = kz_loop_new(f->client, error);
    const kz_trial_send_params params = { .file = &(kz_upload){ .data = "one", .length = 3 }, .names = names, .n_names = 2 };
    return finish(loop, kz_submit(loop, f->trial, &kz_trial_send_op, &params, NULL, NULL, error), true, error);
}

static kz_flow_control count(kz_pending *pending, void *item, void *user)
{
    (void)pending;
    g_assert_nonnull(((kz_thing *)item)->name);
    ++*(int *)user;
    return KZ_GO_ON;
}

static bool pushed_stream(void *user, kz_error **error)
{
    Fixture *f = user;
    int n = 0;
    kz_loop *loop = kz_loop_new(f->client, error);
    kz_pending *pending = kz_submit_stream(loop, f->trial, &kz_trial_tail_op, NULL, count, NULL, &n, error);
    bool fine = finish(loop, pending, false, error);
    g_assert_true(!fine || n == 2);
    return fine;
}

static bool pages(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_trial *own = kz_trial_with_options(f->trial,
        &(kz_call_options){ .query = (const kz_string_entry[]){ { "unused", NULL } }, .n_query = 1, .max_retries = KZ_INT(0) },
        error);
    kz_stream *list = kz_trial_list_each(own, &(kz_trial_list_params){ .kind = "round" }, error);
    int n = 0;
    for (const kz_thing *item; list && n < 5 && (item = kz_stream_next(list, error)); n++)
        g_assert_true(is_thing(item));
    kz_stream_close(list);
    kz_service_free(own);
    g_assert_true(*error || n == 5);
    return !*error;
}

static bool several(void *user, kz_error **error)
{
    Fixture *f = user;
    const kz_trial_get_params one = { .name = "one" };
    const kz_trial_make_params two = { .name = "two", .things = inner_things, .n_things = 2 };
    kz_call_item items[] = { { f->trial, &kz_trial_get_op, &one, NULL, NULL }, { f->trial, &kz_trial_make_op, &two, NULL, NULL },
        { f->trial, &kz_trial_get_op, &one, NULL, NULL } };
    bool fine = kz_call_all(items, 3, 2), each = true;
    for (int i = 0; i < 3; i++) {
        g_assert_true(!items[i].result == (items[i].error != NULL));
        each &= took(items[i].result);
        kz_error_move(error, &items[i].error);
    }
    g_assert_true(fine == each);
    return fine;
}

static bool by_name(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_answer answer;
    bool done = kz_call_by_name(f->client, "trial.make",
        KZ_JSON("{\"name\":\"\\u0061\",\"tags\":[\"x\"],\"labels\":{\"k\":\"v\"},\"things\":[{\"name\":\"b\",\"unknown\":{\"a\":"
                "1}}]}"),
        &(kz_call_options){ .max_retries = KZ_INT(0) }, &answer, error);
    g_assert_true(done == took(answer.result));
    return done;
}

static bool stream_by_name(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_answer answer;
    int n = 0;
    bool done = kz_call_by_name(f->client, "trial.list_things_each", KZ_JSON("{\"kind\":\"round\"}"), NULL, &answer, error);
    while (done && n < 3 && kz_stream_next(answer.stream, error))
        n++;
    kz_stream_close(answer.stream);
    g_assert_true(*error || n == 3);
    return !*error;
}

static bool unknown_names(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_answer answer;
    kz_error *failure = NULL, *other = NULL;
    g_assert_false(kz_call_by_name(f->client, "trial.maek", KZ_JSON("{}"), NULL, &answer, &failure));
    g_assert_false(kz_call_by_name(f->client, "trial.make", KZ_JSON("{\"naem\":1}"), NULL, &answer, &other));
    bool first = expect(failure, KZ_ERROR_ARGUMENT, error);
    return expect(other, KZ_ERROR_ARGUMENT, error) && first;
}

/* A client of its own, from its configuration to its first call. */
static bool fresh_client(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_client *client = kz_client_new(f->config, error);
    kz_trial *trial = client ? kz_client_trial(client, error) : NULL;
    bool done = trial && took(kz_trial_get(trial, &(kz_trial_get_params){ .name = "one" }, error));
    kz_client_free(client);
    return done;
}

static bool list_plugins(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_plugin_list *list = kz_client_plugins(f->client, true, error);
    bool found = false;
    for (size_t i = 0; list && i < list->n_items; i++)
        found |= !strcmp(list->items[i].name, "trial") && (list->items[i].version || list->items[i].problem);
    g_assert_true(!list || found);
    kz_free(list);
    return list != NULL;
}

static bool search(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_model_list *list = kz_models_search(f->models, &(kz_models_search_params){ .query = "m" }, error);
    for (size_t i = 0; list && i < list->n_items; i++) {
        g_assert_cmpuint(list->items[i]->n_m_files, ==, 2);
        g_assert_cmpuint(list->items[i]->n_available_quantizations, ==, 2);
    }
    g_assert_true(!list || (list->n_items == 2 && strstr(kz_json_of(list).text, "q6_k")));
    kz_free(list);
    return list != NULL;
}

/* A file under its final name is whole, and what has come of another is the beginning of it. */
static void check_folder(const Fixture *f)
{
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(f->folder, name, NULL), *content = NULL;
        if (g_str_has_suffix(name, ".gguf"))
            g_assert_true(g_file_get_contents(path, &content, NULL, NULL) && !strcmp(content, "bytes"));
        else if (g_str_has_suffix(name, ".part"))
            g_assert_true(g_file_get_contents(path, &content, NULL, NULL) && g_str_has_prefix("bytes", content));
        g_free(content);
        g_free(path);
    }
    g_dir_close(dir);
}

static bool download(void *user, kz_error **error)
{
    Fixture *f = user;
    /* One file was begun earlier. */
    char *part = g_build_filename(f->folder, ".m-q4_k.gguf.part", NULL), *tag = g_strconcat(part, ".tag", NULL);
    failing_hold(true);
    empty_folder(f);
    g_assert_true(g_file_set_contents(part, "by", 2, NULL) && g_file_set_contents(tag, "\"v\"", 3, NULL));
    failing_hold(false);
    g_free(part);
    g_free(tag);
    kz_download *result = kz_models_download(
        f->models, &(kz_models_download_params){ .repo_id = "org/one", .path = f->folder, .parallel = KZ_INT(2) }, error);
    g_assert_true(!result || result->n_files == 2);
    for (size_t i = 0; result && i < result->n_files; i++)
        g_assert_true(g_file_test(result->files[i]->path, G_FILE_TEST_EXISTS));
    failing_hold(true);
    check_folder(f);
    failing_hold(false);
    kz_free(result);
    return result != NULL;
}

/* As download() but on the platform, with a wait for its end. */
static bool download_there(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_download *result = kz_models_download(f->models, &(kz_models_download_params){ .repo_id = "org/one" }, error);
    g_assert_true(!result || result->n_files == 1);
    kz_free(result);
    return result != NULL;
}

static bool upload_of_a_file(void *user, kz_error **error)
{
    Fixture *f = user;
    return took(kz_trial_send(f->trial, &(kz_trial_send_params){ .file = &(kz_upload){ .path = f->profile } }, error));
}

/* A client that finds its settings in the profile, and its server by name. */
static bool configured_by_a_file(void *user, kz_error **error)
{
    (void)user;
    kz_client *client = kz_client_new(NULL, error);
    kz_trial *trial = client ? kz_client_trial(client, error) : NULL;
    bool done = trial && took(kz_trial_get(trial, &(kz_trial_get_params){ .name = "one" }, error));
    kz_client_free(client);
    return done;
}

static bool with_a_token(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_cancel *token = kz_cancel_new(error);
    kz_trial *own = token ? kz_trial_with_options(f->trial, &(kz_call_options){ .cancel = token }, error) : NULL;
    bool done = own && took(kz_trial_get(own, &(kz_trial_get_params){ .name = "one" }, error));
    kz_loop *loop = done ? kz_loop_new(f->client, error) : NULL;
    if (done)
        done = finish(loop, kz_submit(loop, own, &kz_trial_get_op, &(kz_trial_get_params){ .name = "one" }, NULL, NULL, error),
            true, error);
    kz_service_free(own);
    kz_cancel_free(token);
    return done;
}

const NamedWork works[] = {
    { "a-get-with-a-typed-result", get },
    { "arguments-in-query-header-and-cookie", get_with_arguments },
    { "options-and-a-redirect", with_options },
    { "a-post-with-a-nested-body", post },
    { "multipart", multipart },
    { "bytes", bytes },
    { "an-error-answer", error_answer },
    { "an-answer-that-does-not-fit", misfit },
    { "arguments-that-are-refused", bad_argument },
    { "a-stream-to-its-end", stream },
    { "an-asynchronous-call", asynchronous, true },
    { "an-asynchronous-upload", asynchronous_upload, true },
    { "a-stream-pushed-on-a-loop", pushed_stream, true },
    { "a-paged-list", pages },
    { "several-at-once", several },
    { "by-name", by_name },
    { "pages-by-name", stream_by_name },
    { "unknown-names", unknown_names },
    { "a-client-of-its-own", fresh_client },
    { "listing-plugins", list_plugins },
    { "a-flow-searches-with-files", search },
    { "a-download-to-this-machine", download },
    { "a-download-on-the-platform-waited-for", download_there },
    { "an-upload-of-a-file", upload_of_a_file },
    { "a-client-configured-by-a-file", configured_by_a_file, .by_name = true },
    { "a-cancel-token", with_a_token, true },
};
const gsize n_works = G_N_ELEMENTS(works);
