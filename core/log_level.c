/* log_level.c: names of log levels. */
#include <kamiwaza/log.h>

const char *kz_log_level_name(int64_t level)
{
    static const char *const names[] = { "off", "error", "warning", "info", "debug", "trace" };
    return level >= 0 && level < (int64_t)(sizeof names / sizeof *names) ? names[level] : "unknown";
}
