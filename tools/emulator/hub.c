/* hub.c: the emulated hub: real repositories with the names and sizes of their files; contents are made as they are read, the
 * same in each run with one seed. Small files have their SHA-256. */
#include "emulator.h"

#include <string.h>

typedef struct HubFile {
    const char *name;
    gint64 size;
} HubFile;
typedef struct HubRepo {
    const char *repo, *name, *author, *family, *purpose;
    HubFile files[8];
} HubRepo;

static const HubRepo repos[] = {
    { "Qwen/Qwen3-0.6B-GGUF", "Qwen3-0.6B-GGUF", "Qwen", "qwen3", "text-generation",
        { { "Qwen3-0.6B-Q8_0.gguf", 639446688 }, { "README.md", 4321 } } },
    { "Qwen/Qwen3-8B-GGUF", "Qwen3-8B-GGUF", "Qwen", "qwen3", "text-generation",
        { { "Qwen3-8B-Q4_K_M.gguf", 5027783488 }, { "Qwen3-8B-Q5_K_M.gguf", 5851112224 }, { "Qwen3-8B-Q6_K.gguf", 6725899424 },
            { "Qwen3-8B-Q8_0.gguf", 8709518112 }, { "README.md", 5120 } } },
    { "Qwen/Qwen2.5-72B-Instruct-GGUF", "Qwen2.5-72B-Instruct-GGUF", "Qwen", "qwen2.5", "text-generation",
        { { "qwen2.5-72b-instruct-q4_k_m-00001-of-00002.gguf", 39500000000 },
            { "qwen2.5-72b-instruct-q4_k_m-00002-of-00002.gguf", 7915715104 },
            { "qwen2.5-72b-instruct-q8_0-00001-of-00002.gguf", 39900000000 },
            { "qwen2.5-72b-instruct-q8_0-00002-of-00002.gguf", 37362450432 }, { "README.md", 6012 } } },
    { "Qwen/Qwen2.5-0.5B-Instruct", "Qwen2.5-0.5B-Instruct", "Qwen", "qwen2.5", "text-generation",
        { { "model.safetensors", 988097824 }, { "config.json", 659 }, { "tokenizer.json", 7031645 },
            { "generation_config.json", 242 }, { "README.md", 4917 } } },
    { "ggml-org/stories15M-GGUF", "stories15M-GGUF", "ggml-org", "llama", "text-generation",
        { { "stories15M-q4_0.gguf", 19077344 }, { "stories15M-q8_0.gguf", 26694752 }, { "README.md", 1187 } } },
};

static const HubRepo *find_repo(const char *repo)
{
    for (size_t i = 0; repo && i < G_N_ELEMENTS(repos); i++)
        if (!strcmp(repos[i].repo, repo))
            return &repos[i];
    return NULL;
}

static json_object *describe(const HubRepo *repo)
{
    json_object *model = json_object_new_object();
    char *url = g_strconcat("https://huggingface.co/", repo->repo, NULL);
    put_text(model, "repo_modelId", repo->repo);
    put_text(model, "name", repo->name);
    put_text(model, "author", repo->author);
    put_text(model, "modelfamily", repo->family);
    put_text(model, "purpose", repo->purpose);
    put_text(model, "hub", "HubsHf");
    put_text(model, "source_repository", url);
    json_object_object_add(model, "private", json_object_new_boolean(FALSE));
    g_free(url);
    return model;
}

json_object *hub_model(const char *repo)
{
    const HubRepo *found = find_repo(repo);
    return found ? describe(found) : NULL;
}

static gboolean matches(const HubRepo *repo, const char *query, gboolean exact)
{
    if (exact)
        return !g_ascii_strcasecmp(repo->repo, query) || !g_ascii_strcasecmp(repo->name, query);
    char *where = g_ascii_strdown(repo->repo, -1), *what = g_ascii_strdown(query, -1);
    char **words = g_strsplit_set(what, " \t", -1);
    gboolean all = TRUE;
    for (char **word = words; *word; word++)
        all = all && strstr(where, *word);
    g_strfreev(words);
    g_free(where);
    g_free(what);
    return all;
}

json_object *hub_search(const char *query, gboolean exact, gint64 limit)
{
    json_object *results = json_object_new_array(), *answer = json_object_new_object();
    for (size_t i = 0; i < G_N_ELEMENTS(repos) && (gint64)json_object_array_length(results) < limit; i++) {
        if (!matches(&repos[i], query, exact))
            continue;
        json_object *hit = json_object_new_object();
        json_object_object_add(hit, "model", describe(&repos[i]));
        json_object_array_add(results, hit);
    }
    json_object_object_add(answer, "total_results", json_object_new_int64((gint64)json_object_array_length(results)));
    json_object_object_add(answer, "results", results);
    return answer;
}

static guint64 mix(guint64 x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

void hub_fill(guint64 seed, const char *repo, const char *file, gint64 offset, char *out, size_t length)
{
    guint64 base = mix(seed + g_str_hash(repo) * G_GUINT64_CONSTANT(0x100000001) + g_str_hash(file));
    for (size_t i = 0; i < length;) {
        guint64 at = (guint64)offset + i, word = GUINT64_TO_LE(mix(base + at / 8));
        size_t within = at % 8, n = MIN(8 - within, length - i);
        memcpy(out + i, (const char *)&word + within, n);
        i += n;
    }
}

gint64 hub_file_size(const char *repo, const char *file)
{
    const HubRepo *found = find_repo(repo);
    for (const HubFile *f = found ? found->files : NULL; f && f->name; f++)
        if (!strcmp(f->name, file))
            return f->size;
    return -1;
}

enum { SUMMED = 64 * 1024 * 1024 };

/* Worked out once: the contents never change. */
static char *checksum(Emulator *emulator, const char *repo, const HubFile *file)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char block[65536];
    for (gint64 at = 0; at < file->size; at += sizeof block) {
        size_t n = MIN((gint64)sizeof block, file->size - at);
        hub_fill(emulator->seed, repo, file->name, at, block, n);
        g_checksum_update(sum, (const guchar *)block, (gssize)n);
    }
    char *text = g_strdup(g_checksum_get_string(sum));
    g_checksum_free(sum);
    return text;
}

json_object *hub_files(Emulator *emulator, const char *repo)
{
    const HubRepo *found = find_repo(repo);
    json_object *list = json_object_new_array();
    for (const HubFile *f = found ? found->files : NULL; f && f->name; f++) {
        json_object *file = json_object_new_object();
        put_text(file, "name", f->name);
        json_object_object_add(file, "size", json_object_new_int64(f->size));
        put_text(file, "hub", "HubsHf");
        char *url = g_strdup_printf("http://127.0.0.1:%u/hub/%s/resolve/main/%s", emulator->port, repo, f->name);
        put_text(file, "storage_location", url);
        g_free(url);
        if (f->size <= SUMMED) {
            char *sum = checksum(emulator, repo, f);
            put_text(file, "checksum", sum);
            put_text(file, "checksum_type", "sha256");
            g_free(sum);
        }
        json_object_array_add(list, file);
    }
    return list;
}
