/* SPDX-License-Identifier: Apache-2.0 */
/* The site record of a new server, and the records of its prefixes. */
#include "base/env.h"
#include "base/text.h"
#include "programs/ansa/init.h"
#include "wire/data.h"
#include "wire/json.h"
#include "wire/name.h"
#include "programs/home.h"

#define RECORD_SIZE_MAX 65536u
#define TTL_S           86400u
#define RIGHTS_ALL      0x1fffu

/* Where registrars and tools look for them (registries 3). */
enum { INDEX_SITE = 1, INDEX_ADMIN = 100, INDEX_GROUP = 200, INDEX_KEY = 300 };

enum ansa_err init_make_site(struct init *in)
{
        uint8_t *room = arena_alloc(&in->arena, 2 * RECORD_SIZE_MAX);
        struct ansa_key parts;
        if (room == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = crypto_key_parts(in->server_key, false, &in->arena, &parts);
        if (err != ANSA_OK)
                return err;
        struct buf piece = buf_over(room, RECORD_SIZE_MAX);
        key_encode(&parts, &piece);
        struct ansa_bytes key = buf_written(&piece);

        char tls[8];
        (void)snprintf(tls, sizeof(tls), "%u", in->tls_port);
        const char *name = cli_value(in->cli, "name");
        struct ansa_attribute attributes[] = {
                { ANSA_BYTES_LIT("desc"), ansa_bytes_text(name != NULL ? name : "Ansa") },
                { ANSA_BYTES_LIT(ANSA_SITE_TLS_ATTRIBUTE), ansa_bytes_text(tls) },
        };
        size_t attributes_at = piece.size;
        for (size_t i = 0; i < 2; i++)
                site_put_attribute(&attributes[i], &piece);
        size_t servers_at = piece.size;
        struct ansa_server server = { .id = 1, .key = key, .interface_count = 3 };
        memcpy(server.address, in->address, sizeof(server.address));
        const struct ansa_interface interfaces[] = {
                { ANSA_INTERFACE_ADMIN | ANSA_INTERFACE_QUERY, ANSA_PROTOCOL_TCP, in->port },
                { ANSA_INTERFACE_QUERY, ANSA_PROTOCOL_UDP, in->port },
                /* not HTTPS: clients of others compare keys, and ours is certified (decision 5) */
                { ANSA_INTERFACE_ADMIN | ANSA_INTERFACE_QUERY, ANSA_PROTOCOL_HTTP, in->http_port },
        };
        site_put_server(&server, interfaces, &piece);
        if (piece.err != ANSA_OK)
                return piece.err;

        struct ansa_site site = { .format = 1,
                                  .protocol_major = 2,
                                  .protocol_minor = 11,
                                  .serial = 1,
                                  .flags = ANSA_SITE_PRIMARY,
                                  .hash_option = ANSA_HASH_ALL,
                                  .attribute_count = 2,
                                  .attributes = { piece.at + attributes_at,
                                                  servers_at - attributes_at },
                                  .server_count = 1,
                                  .servers = { piece.at + servers_at, piece.size - servers_at } };
        struct buf whole = buf_over(room + RECORD_SIZE_MAX, RECORD_SIZE_MAX);
        site_encode(&site, &whole);
        in->site = buf_written(&whole);
        return whole.err;
}

static void put_value(struct buf *b, uint32_t *count, uint32_t index, const char *type,
                      struct ansa_bytes data)
{
        struct ansa_value v = { .index = index,
                                .ttl_s = TTL_S,
                                .permissions = ANSA_PERM_DEFAULT,
                                .type = ansa_bytes_text(type),
                                .data = data };
        size_t size = ansa_value_size(&v);
        uint8_t *at = buf_take(b, size);
        if (at != NULL && ansa_value_encode(&v, at, size, &size) == ANSA_OK)
                (*count)++;
}

/* The values of 0.NA/<prefix>: where it is served and who administers it. */
static enum ansa_err prefix_values(struct init *in, struct ansa_bytes name,
                                   struct ansa_values *values)
{
        uint8_t *room = arena_alloc(&in->arena, RECORD_SIZE_MAX);
        uint8_t *scratch = arena_alloc(&in->arena, RECORD_SIZE_MAX);
        if (room == NULL || scratch == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf data = buf_over(scratch, RECORD_SIZE_MAX);
        struct admin_data admin = { .rights = RIGHTS_ALL, .admin = { name, INDEX_GROUP } };
        admin_data_encode(&admin, &data);
        struct ansa_bytes admin_octets = buf_written(&data);
        struct ansa_ref member = { name, INDEX_KEY };
        size_t at = data.size;
        vlist_encode(&member, 1, &data);
        struct ansa_bytes group_octets = { data.at + at, data.size - at };

        struct buf b = buf_over(room, RECORD_SIZE_MAX);
        values->count = 0;
        put_value(&b, &values->count, INDEX_SITE, "HS_SITE", in->site);
        put_value(&b, &values->count, INDEX_ADMIN, "HS_ADMIN", admin_octets);
        put_value(&b, &values->count, INDEX_GROUP, "HS_VLIST", group_octets);
        put_value(&b, &values->count, INDEX_KEY, "HS_PUBKEY", in->admin_pub);
        values->wire = buf_written(&b);
        return data.err != ANSA_OK ? data.err : b.err;
}

struct ansa_bytes init_prefix_record(const char *prefix, uint8_t *at, size_t room)
{
        struct buf b = buf_over(at, room);
        buf_text(&b, strncasecmp(prefix, "0.NA/", 5) == 0 ? "" : "0.NA/");
        buf_text(&b, prefix);
        struct ansa_bytes name = buf_written(&b);
        /* The names of prefixes stand in lists of the configuration too. */
        bool is_usable = name_problem(name) == NULL && name.size > 5 &&
                         strcspn(prefix, " ,\"\\;#") == strlen(prefix) &&
                         memchr(name.at + 5, '/', name.size - 5) == NULL;
        return is_usable ? name : (struct ansa_bytes){ 0 };
}

static enum ansa_err fill_prefix(struct init *in, struct identifier_worker *writer,
                                 const char *prefix)
{
        uint8_t room[NAME_KEY_SIZE_MAX + 8];
        struct ansa_bytes name = init_prefix_record(prefix, room, sizeof(room));
        struct ansa_values values;
        size_t failed;
        enum ansa_err err = name.size == 0 ? ANSA_E_ARGUMENT : prefix_values(in, name, &values);
        if (err != ANSA_OK)
                return err;
        const struct bulk_change changes[] = {
                { .kind = BULK_HOME, .name = name },
                { .kind = BULK_PUT, .name = name, .values = values },
        };
        return identifier_bulk(writer, changes, 2, &failed);
}

enum ansa_err init_fill_store(struct init *in, struct identifier_worker *writer)
{
        enum ansa_err err = ANSA_OK;
        if (cli_has(in->cli, "root"))
                err = fill_prefix(in, writer, "0.NA/0.NA");
        const char *prefix;
        for (size_t i = 0; err == ANSA_OK && (prefix = cli_value_at(in->cli, "prefix", i)) != NULL;
             i++)
                err = fill_prefix(in, writer, prefix);
        return err;
}

/* 0.0/0.0: the key that signs what all else rests on, here that of the root's administrator. */
static enum ansa_err trust_values(struct init *in, struct ansa_values *values)
{
        uint8_t *room = arena_alloc(&in->arena, RECORD_SIZE_MAX);
        if (room == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(room, RECORD_SIZE_MAX);
        values->count = 0;
        put_value(&b, &values->count, INDEX_KEY, "HS_PUBKEY", in->admin_pub);
        values->wire = buf_written(&b);
        return b.err;
}

/*
 * In the form of the Java library, which takes the file as ~/.handle/bootstrap_handles; it
 * does without neither record.
 */
enum ansa_err init_write_bootstrap(struct init *in)
{
        char path[4096];
        struct ansa_values root;
        struct ansa_values trust;
        struct env *env = env_system();
        struct buf b = buf_growing(4 * RECORD_SIZE_MAX);
        enum ansa_err err = home_path(in->home, "bootstrap.json", path, sizeof(path));
        if (err == ANSA_OK)
                err = prefix_values(in, ANSA_BYTES_LIT("0.NA/0.NA"), &root);
        if (err == ANSA_OK)
                err = trust_values(in, &trust);
        if (err == ANSA_OK) {
                buf_printf(&b, "{\"lastUpdate\":%llu000,\"handles\":{\"0.NA/0.NA\":",
                           (unsigned long long)env->wall_s(env));
                json_put_record(&b, ANSA_BYTES_LIT("0.NA/0.NA"), root);
                buf_text(&b, ",\"0.0/0.0\":");
                json_put_record(&b, ANSA_BYTES_LIT("0.0/0.0"), trust);
                buf_text(&b, "}}\n");
                err = b.err != ANSA_OK ? b.err : file_write(path, buf_written(&b), 0644);
        }
        buf_fini(&b);
        return err;
}
