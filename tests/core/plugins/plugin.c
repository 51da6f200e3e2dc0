/* plugin.c: a plugin of one operation; what is wrong with it is said by defines. */
#include <kamiwaza/plugin.h>

#ifndef MAJOR
#define MAJOR KZ_ABI_MAJOR
#endif
#ifndef OPERATION
#define OPERATION "get"
#endif

#if defined NOTHING
KZ_API int nothing_at_all;
int nothing_at_all = 1;
#elif defined NOWHERE
/* A symbol that is a number: memory that nobody has. */
__asm__(".globl kz_plugin\n.set kz_plugin, 4096");
#else
#ifdef MISSING
void MISSING(void);
KZ_API void use_it(void);
void use_it(void)
{
    MISSING();
}
#endif

static const kz_schema params = { .name = "params", .size = sizeof(kz_json) + 8, .request = 1, .from_offset = sizeof(kz_json) };
static const kz_operation operations[] = {
    { .name = OPERATION,
        .method = "GET",
        .path = "/x",
        .params = &params,
        .result = &kz_schema_json_value,
        .answer = KZ_ANSWER_JSON },
};

/* Slow enough that parallel first accesses meet here; counts how often it ran. */
KZ_API int kz_times_created;
int kz_times_created;
#ifdef NEEDS
KZ_API void (*kz_before_it_needs)(void);
void (*kz_before_it_needs)(void);
#endif

static void *create(kz_service *service, kz_error **error)
{
    __atomic_add_fetch(&kz_times_created, 1, __ATOMIC_SEQ_CST);
#ifdef NEEDS
    if (kz_before_it_needs)
        kz_before_it_needs();
    if (!kz_service_peer(service, NEEDS, error))
        return NULL;
#endif
    (void)error;
    return service;
}

static const kz_service_vtable vtable = {
    .size = sizeof vtable, .operations = operations, .n_operations = 1, .title = NAME, .create = create
};

KZ_PLUGIN(test) = { .abi_major = MAJOR,
    .abi_minor = 0,
    .size = sizeof(kz_plugin_descriptor),
    .kind = KZ_PLUGIN_SERVICE,
    .name = NAME,
    .version = "7",
    .vtable = &vtable };
#endif
