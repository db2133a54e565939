/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/values.h"

#include "base/text.h"
#include "programs/home.h"
#include "programs/key_load.h"
#include "wire/data.h"
#include "wire/json.h"
#include "wire/name.h"

#include <stdlib.h>

#define FILE_SIZE_MAX  (1u << 20)
#define VALUES_MAX     512u
#define REFS_MAX       256u
#define RIGHTS_DEFAULT 0x07f3u /* what the field's tools give */
#define TTL_DEFAULT_S  86400u
#define ADMIN_INDEX    100u /* where the field has it */

/* clang-format off */
const struct cli_option cli_value_options[] = {
        { "value", "INDEX:TYPE:DATA", "a value; may be repeated. DATA of @FILE is the file's content" },
        { "values", "FILE", "a record in JSON, as ansa resolve --json writes it" },
        { "ttl", "SECONDS", "how long a value may be remembered [86400]" },
        { "permissions", "BITS", "administrators read, write; public reads, writes [1110]" },
        { NULL, NULL, NULL },
};
/* clang-format on */

struct value_input {
        const struct cli *cli;
        struct arena *arena;
        const char *text; /* the whole option, for messages */
        struct ansa_bytes data;
        bool is_file;
};

static struct ansa_bytes arena_of(struct value_input *in, struct buf *b)
{
        struct ansa_bytes copy = { 0 };
        if (b->err == ANSA_OK && arena_copy(in->arena, buf_written(b), &copy) != ANSA_OK)
                copy = (struct ansa_bytes){ 0 };
        buf_fini(b);
        return copy;
}

/* "011111110011" (leftmost: list) to rights; 12 or 13 digits. Anything else leaves them alone. */
static bool rights_of(struct ansa_bytes digits, uint16_t *rights)
{
        unsigned bits = 0;
        if (digits.size != 12 && digits.size != 13)
                return false;
        for (size_t i = 0; i < digits.size; i++) {
                if (digits.at[i] != '0' && digits.at[i] != '1')
                        return false;
                bits = bits << 1 | (unsigned)(digits.at[i] - '0');
        }
        *rights = (uint16_t)bits;
        return true;
}

static bool admin_of(struct value_input *in)
{
        struct admin_data admin = { .rights = RIGHTS_DEFAULT };
        struct ansa_bytes text = in->data;
        const uint8_t *colon = memchr(text.at, ':', text.size);
        struct ansa_bytes head = { text.at, colon != NULL ? (size_t)(colon - text.at) : 0 };
        if (rights_of(head, &admin.rights)) {
                text.at += head.size + 1;
                text.size -= head.size + 1;
        }
        struct buf b = buf_growing(FILE_SIZE_MAX);
        if (ref_from_text(text, &admin.admin) != ANSA_OK || admin.admin.name.size == 0) {
                cli_say(in->cli,
                        "--value %s: an HS_ADMIN is INDEX:ID or RIGHTS:INDEX:ID with 12 "
                        "digits of rights",
                        in->text);
                return false;
        }
        admin_data_encode(&admin, &b);
        in->data = arena_of(in, &b);
        return in->data.size > 0;
}

static bool group_of(struct value_input *in)
{
        static struct ansa_ref refs[REFS_MAX];
        uint32_t count = 0;
        struct ansa_bytes rest = in->data;
        while (rest.size > 0) {
                const uint8_t *comma = memchr(rest.at, ',', rest.size);
                size_t size = comma != NULL ? (size_t)(comma - rest.at) : rest.size;
                if (count == REFS_MAX || ref_from_text((struct ansa_bytes){ rest.at, size },
                                                       &refs[count++]) != ANSA_OK) {
                        cli_say(in->cli,
                                "--value %s: an HS_VLIST is INDEX:ID,INDEX:ID..., at most "
                                "%u of them",
                                in->text, REFS_MAX);
                        return false;
                }
                size_t taken = comma != NULL ? size + 1 : size;
                rest.at += taken;
                rest.size -= taken;
        }
        struct buf b = buf_growing(FILE_SIZE_MAX);
        vlist_encode(refs, count, &b);
        in->data = arena_of(in, &b);
        return in->data.size > 0;
}

/* Any key file; only its public half goes into the record. */
static bool key_of(struct value_input *in)
{
        struct crypto_key *key;
        struct ansa_key parts;
        enum ansa_err err = key_from_octets(in->data, (struct ansa_bytes){ 0 }, &key);
        if (err == ANSA_E_DENIED)
                cli_say(in->cli, "--value %s: the key is encrypted; give its public half (.pub)",
                        in->text);
        else if (err != ANSA_OK)
                cli_say(in->cli, "--value %s: is no key that is known here", in->text);
        if (err != ANSA_OK)
                return false;
        err = crypto_key_parts(key, false, in->arena, &parts);
        crypto_key_free(key);
        struct buf b = buf_growing(FILE_SIZE_MAX);
        if (err == ANSA_OK)
                key_encode(&parts, &b);
        in->data = arena_of(in, &b);
        return in->data.size > 0;
}

static bool site_of(struct value_input *in)
{
        struct ansa_site site;
        struct json_problem problem = { "is no site record, neither JSON nor binary" };
        bool is_json = in->data.size > 0 && in->data.at[0] == '{';
        if (is_json && json_site(in->data, in->arena, &in->data, &problem) == ANSA_OK)
                return true;
        if (!is_json && ansa_site_decode(in->data, &site) == ANSA_OK)
                return true;
        cli_say(in->cli, "--value %s: %s", in->text, problem.text);
        return false;
}

static bool data_of_type(struct value_input *in, struct ansa_bytes type)
{
        switch (value_type_of(type)) {
        case TYPE_HS_ADMIN:
                return in->is_file || admin_of(in);
        case TYPE_HS_VLIST:
                return in->is_file || group_of(in);
        case TYPE_HS_PUBKEY:
                return key_of(in);
        case TYPE_HS_SITE:
        case TYPE_HS_SITE_PREFIX:
                return site_of(in);
        case TYPE_OTHER:
        case TYPE_HS_SECKEY:
        case TYPE_HS_SERV:
        case TYPE_HS_SERV_PREFIX:
        case TYPE_HS_ALIAS:
        case TYPE_HS_NAMESPACE:
        case TYPE_HS_CERT:
        case TYPE_HS_SIGNATURE:
                break;
        }
        return true;
}

static bool read_data_file(struct value_input *in, const char *path)
{
        uint8_t *at;
        size_t size;
        enum ansa_err err = file_read(path, FILE_SIZE_MAX, &at, &size);
        if (err == ANSA_OK) {
                err = arena_copy(in->arena, (struct ansa_bytes){ at, size }, &in->data);
                free(at);
        }
        if (err != ANSA_OK)
                cli_say(in->cli, "--value %s: %s: %s", in->text, path, ansa_err_text(err));
        in->is_file = true;
        return err == ANSA_OK;
}

static bool one_value(const struct cli *c, struct arena *arena, const char *text,
                      struct ansa_value *v)
{
        struct value_input in = { .cli = c, .arena = arena, .text = text };
        const char *type = strchr(text, ':');
        const char *data = type != NULL ? strchr(type + 1, ':') : NULL;
        uint64_t index = 0;
        if (data == NULL || data == type + 1 ||
            text_u64((struct ansa_bytes){ (const uint8_t *)text, (size_t)(type - text) },
                     UINT32_MAX, &index) != ANSA_OK ||
            index == 0) {
                cli_say(c,
                        "--value %s: INDEX:TYPE:DATA is wanted, as in 1:URL:https://example.org/",
                        text);
                return false;
        }
        v->index = (uint32_t)index;
        v->type = (struct ansa_bytes){ (const uint8_t *)type + 1, (size_t)(data - type - 1) };
        in.data = ansa_bytes_text(data + 1);
        if (data[1] == '@' && !read_data_file(&in, data + 2))
                return false;
        if (!data_of_type(&in, v->type))
                return false;
        v->data = in.data;
        return true;
}

static bool permissions_of(const struct cli *c, uint8_t *permissions)
{
        const char *text = cli_value(c, "permissions");
        *permissions = ANSA_PERM_DEFAULT;
        if (text == NULL)
                return true;
        unsigned bits = 0;
        size_t size = strlen(text);
        for (size_t i = 0; i < size; i++)
                bits = bits << 1 | (text[i] == '1');
        if (size == 4 && strspn(text, "01") == 4) {
                *permissions = (uint8_t)bits;
                return true;
        }
        cli_say(c, "--permissions %s: four digits 0 or 1 are wanted, as in 1110", text);
        return false;
}

static bool values_of_file(const struct cli *c, struct arena *arena, const char *path,
                           struct ansa_value *values, size_t *count)
{
        uint8_t *at;
        size_t size;
        struct ansa_bytes name;
        struct ansa_values list;
        struct json_problem problem = { "" };
        enum ansa_err err = file_read(path, 4 * FILE_SIZE_MAX, &at, &size);
        if (err != ANSA_OK) {
                cli_say(c, "%s: %s", path, ansa_err_text(err));
                return false;
        }
        err = json_record((struct ansa_bytes){ at, size }, arena, &name, &list, &problem);
        free(at);
        if (err != ANSA_OK) {
                cli_say(c, "%s: %s", path, problem.text);
                return false;
        }
        while (*count < VALUES_MAX && ansa_values_next(&list, &values[*count]) == ANSA_OK)
                (*count)++;
        if (list.count > 0)
                cli_say(c, "%s: at most %u values", path, VALUES_MAX);
        return list.count == 0;
}

static bool is_taken(const struct ansa_value *values, size_t count, uint32_t index)
{
        for (size_t i = 0; i < count; i++) {
                if (values[i].index == index)
                        return true;
        }
        return false;
}

bool values_add_admin(const struct cli *c, struct arena *arena, struct ansa_value *values,
                      size_t *count)
{
        const char *admin = cli_value(c, "admin");
        struct value_input in = { .cli = c, .arena = arena, .text = admin };
        if (admin == NULL)
                admin = cli_value(c, "as");
        if (admin == NULL || strcmp(admin, "none") == 0)
                return true;
        for (size_t i = 0; i < *count; i++) {
                if (value_type_of(values[i].type) == TYPE_HS_ADMIN)
                        return true;
        }
        struct ansa_value v = { .index = ADMIN_INDEX,
                                .ttl_s = TTL_DEFAULT_S,
                                .permissions = ANSA_PERM_DEFAULT,
                                .type = ANSA_BYTES_LIT("HS_ADMIN") };
        while (is_taken(values, *count, v.index))
                v.index++;
        struct admin_data data = { .rights = RIGHTS_DEFAULT };
        if (ref_from_text(ansa_bytes_text(admin), &data.admin) != ANSA_OK ||
            data.admin.name.size == 0) {
                cli_say(c, "--admin %s: INDEX:ID is wanted, as in 200:0.NA/20.500.12345, or none",
                        admin);
                return false;
        }
        struct buf b = buf_growing(FILE_SIZE_MAX);
        admin_data_encode(&data, &b);
        v.data = arena_of(&in, &b);
        values[(*count)++] = v;
        return v.data.size > 0;
}

bool values_from_options(const struct cli *c, struct arena *arena, struct ansa_value **values,
                         size_t *count)
{
        uint64_t ttl_s;
        uint8_t permissions;
        const char *text;
        *count = 0;
        *values = arena_array(arena, VALUES_MAX + 1, sizeof(**values));
        if (*values == NULL || !permissions_of(c, &permissions) ||
            !cli_number(c, "ttl", 0, INT32_MAX, TTL_DEFAULT_S, &ttl_s))
                return false;
        text = cli_value(c, "values");
        if (text != NULL && !values_of_file(c, arena, text, *values, count))
                return false;
        for (size_t i = 0; (text = cli_value_at(c, "value", i)) != NULL; i++) {
                if (*count == VALUES_MAX) {
                        cli_say(c, "at most %u values", VALUES_MAX);
                        return false;
                }
                struct ansa_value *v = &(*values)[(*count)++];
                *v = (struct ansa_value){ .ttl_s = (uint32_t)ttl_s, .permissions = permissions };
                if (!one_value(c, arena, text, v))
                        return false;
        }
        if (*count == 0)
                cli_say(c, "no values: --value INDEX:TYPE:DATA gives one");
        return *count > 0;
}
