/* settings-page.c: writes the manual page of the settings, kamiwaza.json(5), from the table that the library itself uses. */
#include <kamiwaza/kamiwaza.h>
#include <stdio.h>

/* Text that roff shows as it is. */
static void put(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void put_setting(const kz_setting *setting)
{
    printf(".TP\n.BR %s \" (%s%s%s), %s\"\n", setting->name, setting->type, setting->unit ? ", " : "",
        setting->unit ? setting->unit : "", setting->env);
    put(setting->summary);
    fputs(" Allowed: ", stdout);
    put(setting->allowed);
    fputs(". ", stdout);
    if (setting->fallback) {
        fputs("Default: ", stdout);
        put(setting->fallback);
        fputs(". ", stdout);
    }
    puts(setting->secret ? "Secret: never shown." : "");
}

int main(void)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    puts(".TH KAMIWAZA.JSON 5 \"\" \"libkamiwaza\" \"libkamiwaza\"\n.SH NAME\nkamiwaza.json \\- settings of libkamiwaza\n"
         ".SH DESCRIPTION\nSettings come from the program, then from the environment, then from the profile file\n"
         ".IR $XDG_CONFIG_HOME/kamiwaza/config.json ,\nthen from the defaults. The file holds named profiles, of which\n"
         ".B KAMIWAZA_PROFILE\nchooses one:\n.PP\n.nf\n{\"profiles\": {\"default\": {\"base_url\": \"https://host/api\"}}}\n.fi\n"
         ".SH SETTINGS");
    for (size_t i = 0; i < n; i++)
        put_setting(&settings[i]);
    puts(".SH \"SEE ALSO\"\n.BR kamiwaza (1)");
    return 0;
}
