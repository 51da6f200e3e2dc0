/* secrets.c: see secrets.h. A secret is cut into pieces of eight bytes, in each of its disguises, and each piece is kept masked in a table; a
 * text is looked through by asking the table for the eight bytes at every place. */
#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MASK = 0x2a, FILTER_BITS = 20 };
#define MASK_8 G_GUINT64_CONSTANT(0x2a2a2a2a2a2a2a2a)

typedef struct Piece {
    guint64 masked;
    const char *name, *disguise;
} Piece;

static GHashTable *pieces, *names; /* by the masked bytes; how many of a name */
static guint8 filter[1 << (FILTER_BITS - 3)];

static const char *const chosen[N_SECRETS] = { "api_key", "token", "password", "hub_token", "client_secret",
    "client_key_password", "the proxy's password", "a header of the settings", "a header of a call", "a query value of a call",
    "the command's token", "a token given at a sign-in", "a token given out", "what is planted" };

/* ---- the ones that are chosen ---- */

static guint64 mix(guint64 x)
{
    x = (x ^ x >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static gboolean is_rough(Secret which)
{
    return which == PASSWORD || which == CLIENT_SECRET || which == KEY_PASSWORD || which == PROXY_PASSWORD ||
        which == CALL_QUERY || which == PLANTED;
}

void secret_plain(Secret which, char out[SECRET_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", marks[] = "\"\\&% +=/";
    for (guint i = 0; i < SECRET_LENGTH; i++) {
        guint64 random = mix(mix((guint64)which + 77) + i);
        out[i] = is_rough(which) && i % 5 == 3 ? marks[random % (sizeof marks - 1)] : letters[random % 64];
    }
    out[SECRET_LENGTH] = 0;
}

/* ---- the table ---- */

static guint place_of(guint64 masked)
{
    return (guint)(masked * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> (64 - FILTER_BITS));
}

static void add_piece(const char *name, const char *disguise, const char *text)
{
    Piece *piece = g_new(Piece, 1);
    *piece = (Piece){ .name = name, .disguise = disguise };
    for (guint i = 0; i < PIECE; i++)
        ((char *)&piece->masked)[i] = (char)(text[i] ^ MASK);
    filter[place_of(piece->masked) >> 3] |= (guint8)(1 << (place_of(piece->masked) & 7));
    if (g_hash_table_contains(pieces, &piece->masked)) /* the same in plain and in this disguise */
        g_free(piece);
    else
        g_hash_table_insert(pieces, &piece->masked, piece);
}

static void add_pieces(const char *name, const char *disguise, const char *text, gsize length)
{
    for (gsize at = 0; at + PIECE <= length; at += PIECE)
        add_piece(name, disguise, text + at);
    if (length > PIECE)
        add_piece(name, disguise, text + length - PIECE);
}

static void wipe(void *memory, gsize length)
{
    explicit_bzero(memory, length);
}

typedef enum Escape { PERCENT, PERCENT_LOWER, FORM, JSON } Escape;

static gsize escape(Escape how, const char *text, gsize length, char *out)
{
    gsize n = 0;
    for (gsize i = 0; i < length; i++) {
        guchar c = (guchar)text[i];
        const char *digits = how == PERCENT_LOWER ? "0123456789abcdef" : "0123456789ABCDEF";
        if (how == JSON && (c == '"' || c == '\\')) {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (how == JSON || g_ascii_isalnum(c) || strchr("-_.~", c)) {
            out[n++] = (char)c;
        } else if (how == FORM && c == ' ') {
            out[n++] = '+';
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    return n;
}

/* What follows from the text alone, wherever in a longer text that is encoded it stands. */
static void add_base64(const char *name, const char *disguise, const char *text, gsize length)
{
    static const char alphabets[2][65] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" };
    char *out = g_malloc(length * 2);
    for (guint alphabet = 0; alphabet < 2; alphabet++)
        for (gsize skipped = 0; skipped < 3; skipped++) {
            gsize n = 0;
            for (gsize i = skipped; i + 3 <= length; i += 3) {
                guint32 group = (guint32)(guchar)text[i] << 16 | (guint32)(guchar)text[i + 1] << 8 | (guchar)text[i + 2];
                for (int shift = 18; shift >= 0; shift -= 6)
                    out[n++] = alphabets[alphabet][group >> shift & 63];
            }
            add_pieces(name, disguise, out, n);
        }
    wipe(out, length * 2);
    g_free(out);
}

static void learn(const char *name, const char *text, gsize length)
{
    static const char *const disguises[] = { "percent-encoded", "percent-encoded", "in a form", "in JSON" };
    static const char *const encoded[] = { "percent-encoded, then base64", NULL, "in a form, then base64", NULL };
    gsize room = length * 4, n = 0;
    char *out = g_malloc(2 * room);
    add_pieces(name, "as it is", text, length);
    add_base64(name, "in base64", text, length);
    for (guint how = PERCENT; how <= JSON; how++) {
        n = escape(how, text, length, out);
        add_pieces(name, disguises[how], out, n);
        if (encoded[how])
            add_base64(name, encoded[how], out, n);
    }
    add_pieces(name, "in JSON within JSON", out + room, escape(JSON, out, n, out + room));
    wipe(out, 2 * room);
    g_free(out);
    g_hash_table_insert(names, (gpointer)name, GUINT_TO_POINTER(secrets_known(name) + 1));
}

static void begin(void)
{
    if (pieces)
        return;
    pieces = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < N_SECRETS; i++) {
        char plain[SECRET_SIZE];
        secret_plain(i, plain);
        learn(chosen[i], plain, SECRET_LENGTH);
        wipe(plain, sizeof plain);
    }
}

/* ---- those that are learnt ---- */

void secrets_learn(const char *name, const char *text, gsize length)
{
    enum { SHORTEST = 16 };
    begin();
    const char *dot = length > 3 && !memcmp(text, "eyJ", 3) ? memchr(text, '.', length) : NULL;
    gsize skipped = dot ? (gsize)(dot + 1 - text) : 0;
    if (length - skipped >= SHORTEST)
        learn(g_intern_string(name), text + skipped, length - skipped);
}

void secrets_note(const char *file, const char *name, const char *text, gsize length)
{
    GString *line = g_string_new(name);
    g_string_append_c(line, '\t');
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(line, "%02x", (guchar)text[i] ^ MASK);
    g_string_append_c(line, '\n');
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    g_assert_cmpint(write(fd, line->str, line->len), ==, (gssize)line->len);
    close(fd);
    g_string_free(line, TRUE);
}

void secrets_learn_noted(const char *file)
{
    g_autofree char *all = NULL;
    if (!g_file_get_contents(file, &all, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
    for (char **line = lines; **line; line++) {
        char *hex = strchr(*line, '\t');
        *hex++ = 0;
        gsize length = strlen(hex) / 2;
        char *text = g_malloc(length + 1);
        for (gsize i = 0; i < length; i++)
            text[i] = (char)((g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1])) ^ MASK);
        secrets_learn(*line, text, length);
        wipe(text, length);
        g_free(text);
    }
}

guint secrets_known(const char *name)
{
    return names ? GPOINTER_TO_UINT(g_hash_table_lookup(names, name)) : 0;
}

/* ---- looking ---- */

gboolean secrets_next(const void *data, gsize length, gsize from, SecretHit *hit)
{
    const char *text = data;
    begin();
    for (gsize at = from; at + PIECE <= length; at++) {
        guint64 here;
        memcpy(&here, text + at, sizeof here);
        here ^= MASK_8;
        guint place = place_of(here);
        const Piece *piece = filter[place >> 3] & 1 << (place & 7) ? g_hash_table_lookup(pieces, &here) : NULL;
        if (piece) {
            *hit = (SecretHit){ piece->name, piece->disguise, at };
            return TRUE;
        }
    }
    return FALSE;
}

gboolean secret_is(Secret which, const char *name)
{
    return name == chosen[which];
}

gboolean secret_is_in(Secret which, const void *data, gsize length)
{
    SecretHit hit;
    for (gsize from = 0; secrets_next(data, length, from, &hit); from = hit.at + 1)
        if (secret_is(which, hit.name))
            return TRUE;
    return FALSE;
}

gboolean secrets_are_not_in(const char *where, const void *data, gsize length)
{
    enum { AROUND = 100, MOST = 20 };
    SecretHit hit;
    guint n = 0;
    for (gsize from = 0; n < MOST && secrets_next(data, length, from, &hit); from = hit.at + SECRET_LENGTH, n++) {
        gsize first = hit.at > AROUND ? hit.at - AROUND : 0;
        g_autofree char *around = g_strndup((const char *)data + first, MIN(length - first, 2 * AROUND));
        g_printerr("# %s stands in %s, %s: ...%s...\n", hit.name, where, hit.disguise, around);
        wipe(around, strlen(around));
    }
    return !n;
}
