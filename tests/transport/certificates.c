/* certificates.c: see certificates.h. By the openssl command. */
#include "certificates.h"

#include <glib.h>

static char *folder;

char *certificates_path(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* Runs openssl with the words of `line`, {} standing for the folder. */
static void openssl(const char *line)
{
    char **parts = g_strsplit(line, "{}", -1), *command = g_strjoinv(folder, parts), *errors = NULL;
    int status = 1;
    g_assert_true(g_spawn_command_line_sync(command, NULL, &errors, &status, NULL));
    if (status)
        g_error("%s: %s", command, errors);
    g_free(errors);
    g_free(command);
    g_strfreev(parts);
}

#define NEW_KEY "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "

void certificates_make(void)
{
    folder = g_dir_make_tmp("kz-tls-XXXXXX", NULL);
    openssl("openssl req -x509 " NEW_KEY "-days 2 -subj /CN=ca -keyout {}/ca.key -out {}/ca.pem");
    openssl("openssl req -x509 " NEW_KEY "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
            "-keyout {}/selfsigned.key -out {}/selfsigned.pem");
    static const char *const names[] = { "good", "localhost", "other", "example.org", "client", "client", NULL };
    for (const char *const *name = names; *name; name += 2) {
        char *request = g_strdup_printf("openssl req " NEW_KEY "-subj /CN=%s -addext subjectAltName=DNS:%s -keyout {}/%s.key "
                                        "-out {}/%s.csr",
            name[1], name[1], name[0], name[0]);
        char *sign = g_strdup_printf("openssl x509 -req -in {}/%s.csr -CA {}/ca.pem -CAkey {}/ca.key -CAcreateserial -days 2 "
                                     "-copy_extensions copy -out {}/%s.pem",
            name[0], name[0]);
        openssl(request);
        openssl(sign);
        g_free(request);
        g_free(sign);
    }
    openssl(
        "openssl x509 -req -in {}/good.csr -CA {}/ca.pem -CAkey {}/ca.key -days -1 -copy_extensions copy -out {}/expired.pem");
    openssl("openssl ec -in {}/client.key -aes128 -passout pass:word -out {}/locked.key");
}

void certificates_remove(void)
{
    char *command = g_strdup_printf("rm -rf %s", folder);
    g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL);
    g_free(command);
    g_free(folder);
    folder = NULL;
}
