/* SPDX-License-Identifier: Apache-2.0 */
/* ansad.conf of a new home: every setting with its comment, most at their defaults. */
#include "programs/ansa/init.h"
#include "programs/config.h"
#include "programs/home.h"
#include "wire/name.h"

#define CONFIG_SIZE_MAX 65536u

/* Only what differs from the defaults; config_print adds the rest. */
static bool put_own_settings(const struct init *in, char *text, size_t room)
{
        uint8_t at[NAME_KEY_SIZE_MAX];
        struct ansa_bytes name =
                init_prefix_record(cli_value_at(in->cli, "prefix", 0), at, sizeof(at));
        int n = snprintf(
                text, room,
                "[server]\nport = %u\ntls_port = %u\n[http]\nhttp_port = %u\nhttps_port = %u\n"
                "[ledger]\nlog_origin = %.*s\n[identifier]\nserver_admins = 300:%.*s\n",
                in->port, in->tls_port, in->http_port, in->https_port, (int)name.size,
                (const char *)name.at, (int)name.size, (const char *)name.at);
        return n > 0 && (size_t)n < room;
}

enum ansa_err init_write_config(struct init *in)
{
        static struct config config; /* large: its lists have fixed places */
        char path[4096];
        char text[4096];
        struct config_problem problem;
        enum ansa_err err = home_path(in->home, HOME_CONFIG, path, sizeof(path));
        if (err != ANSA_OK || !put_own_settings(in, text, sizeof(text)))
                return err != ANSA_OK ? err : ANSA_E_LIMIT;
        FILE *stream = fmemopen(text, strlen(text), "r");
        if (stream == NULL)
                return ANSA_E_NO_MEMORY;
        err = config_read(stream, HOME_CONFIG, &config, &problem);
        (void)fclose(stream);
        struct buf b = buf_growing(CONFIG_SIZE_MAX);
        if (err == ANSA_OK) {
                config_print(&config, true, &b);
                err = b.err != ANSA_OK ? b.err : file_write(path, buf_written(&b), 0644);
        } else {
                cli_say(in->cli, "%s", problem.text);
        }
        buf_fini(&b);
        config_fini(&config);
        return err;
}
