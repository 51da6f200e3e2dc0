/* test-apart.c: a program and a plugin of different versions, in every way that structs travel. Compiled with the newer header, with
 * the older one, and with the older one as it was kept; run with each of three plugins. What both know works; what only the program
 * knows is refused by name; nobody reads beyond what the other has (the sanitizers look). */
#include "fixture.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_message("the program is %s, the plugin %s", program_is_newer() ? "newer" : "older", g_getenv("APART_PLUGIN"));
    add_results();
    add_requests();
    add_news();
    return g_test_run();
}
