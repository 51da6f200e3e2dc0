/* folder.h: folders of plugins that tests fill with copies of one plugin, and clients that look there. */
#ifndef TEST_PLUGINS_FOLDER_H
#define TEST_PLUGINS_FOLDER_H

#include <glib.h>
#include <kamiwaza/plugin.h>

/* A new folder of mode 0755; removed with all that is in it by folder_free(). */
char *folder_new(void);
void folder_free(char *folder);
/* Copies the plugin hostile.so into it under another name; returns its path (g_free). */
char *folder_add(const char *folder, const char *name);

/* A client that looks for plugins in `folder` alone, and settings of the environment aside. */
kz_client *folder_client(const char *folder);
/* Plugin `name` of the folder is refused with this code; the message holds `part` and the name. */
void folder_refuses(const char *folder, const char *name, kz_error_code code, const char *part);
/* Plugin `name` can be used; what there is to say if not. */
void folder_accepts(const char *folder, const char *name);

#endif
