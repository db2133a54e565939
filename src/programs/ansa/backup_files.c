/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/backup_files.h"

#include "crypto/digest.h"
#include "programs/config.h"
#include "programs/home.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE_MAX (4u << 20) /* octets of a configuration or key file */

/* The folders of @path behind its first @given octets; what cannot be made shows when it is written to. */
static void make_folders(char *path, size_t given)
{
        for (char *slash = strchr(path + given + 1, '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                (void)mkdir(path, 0700);
                *slash = '/';
        }
}

/* Copy one small file from home to home; a missing one is fine. */
static enum ansa_err copy_file(const char *from_home, const char *to_home, const char *file)
{
        char from[4096];
        char to[4096];
        uint8_t *at;
        size_t size;
        struct stat stat_of;
        enum ansa_err err = home_path(from_home, file, from, sizeof(from));
        if (err == ANSA_OK)
                err = home_path(to_home, file, to, sizeof(to));
        if (err == ANSA_OK)
                err = file_read(from, SMALL_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
        unsigned mode = stat(from, &stat_of) == 0 ? stat_of.st_mode & 0777u : 0600u;
        make_folders(to, strlen(to_home));
        err = file_write(to, (struct ansa_bytes){ at, size }, mode);
        wipe(at, size); /* it may be a key */
        free(at);
        return err;
}

static enum ansa_err copy_keys(const char *from_home, const char *to_home)
{
        char from[4096];
        char to[4096];
        enum ansa_err err = home_path(from_home, HOME_KEYS, from, sizeof(from));
        if (err == ANSA_OK)
                err = home_path(to_home, HOME_KEYS, to, sizeof(to));
        if (err != ANSA_OK)
                return err;
        DIR *folder = opendir(from);
        if (folder == NULL)
                return errno == ENOENT ? ANSA_OK : ANSA_E_IO;
        if (mkdir(to, 0700) != 0)
                err = ANSA_E_IO;
        for (struct dirent *e = readdir(folder); e != NULL && err == ANSA_OK; e = readdir(folder)) {
                char file[512];
                if (e->d_name[0] == '.')
                        continue;
                int n = snprintf(file, sizeof(file), "%s/%s", HOME_KEYS, e->d_name);
                err = n < 0 || (size_t)n >= sizeof(file) ? ANSA_E_LIMIT
                                                         : copy_file(from_home, to_home, file);
        }
        (void)closedir(folder);
        return err;
}

/* A file that a setting names: in the home, and no key of the keys' folder. */
static enum ansa_err copy_named(const char *from_home, const char *to_home, const char *file)
{
        static const char keys[] = HOME_KEYS "/";
        bool is_elsewhere = file[0] == '\0' || file[0] == '/' || strstr(file, "..") != NULL;
        if (is_elsewhere || strncmp(file, keys, sizeof(keys) - 1) == 0)
                return ANSA_OK;
        return copy_file(from_home, to_home, file);
}

static enum ansa_err copy_configured(const struct config *c, const char *from_home,
                                     const char *to_home, bool with_keys)
{
        const char *const files[] = { c->site, c->roots, c->template_namespace,
                                      c->tls_certificate };
        const char *const secrets[] = { c->key, c->key_passphrase, c->tls_key };
        enum ansa_err err = ANSA_OK;
        for (size_t i = 0; err == ANSA_OK && i < sizeof(files) / sizeof(files[0]); i++)
                err = copy_named(from_home, to_home, files[i]);
        for (size_t i = 0; with_keys && err == ANSA_OK && i < sizeof(secrets) / sizeof(secrets[0]);
             i++)
                err = copy_named(from_home, to_home, secrets[i]);
        for (uint32_t i = 0; err == ANSA_OK && i < c->local_sites.count; i++) {
                const char *equals = strchr(c->local_sites.item[i], '=');
                if (equals != NULL)
                        err = copy_named(from_home, to_home, equals + 1);
        }
        return err;
}

enum ansa_err backup_files(const char *from_home, const char *to_home, bool with_keys)
{
        static struct config config; /* large: its lists have fixed places */
        char path[4096];
        struct config_problem problem;
        enum ansa_err err = home_path(from_home, HOME_CONFIG, path, sizeof(path));
        if (err != ANSA_OK)
                return err;
        err = copy_file(from_home, to_home, HOME_CONFIG);
        if (err == ANSA_OK)
                err = copy_file(from_home, to_home, HOME_SITE);
        /* A configuration that cannot be read names nothing; the records are worth a backup still. */
        if (err == ANSA_OK && config_load(path, &config, &problem) == ANSA_OK) {
                err = copy_configured(&config, from_home, to_home, with_keys);
                config_fini(&config);
        }
        return err == ANSA_OK && with_keys ? copy_keys(from_home, to_home) : err;
}
