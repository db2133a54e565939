/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site bundle: the archive that a registrar of prefixes asks for (registries 5.1). It tells
 * where the new server is and whose key administers the prefix; it holds nothing secret.
 */
#include "programs/ansa/init.h"
#include "programs/home.h"
#include "wire/json.h"

#include <zip.h>

#define FILE_SIZE_MAX 65536u

static bool add_file(zip_t *archive, const char *name, struct ansa_bytes octets)
{
        zip_source_t *source = zip_source_buffer(archive, octets.at, octets.size, 0);
        if (source == NULL)
                return false;
        zip_int64_t index = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
        if (index >= 0)
                return true;
        zip_source_free(source);
        return false;
}

/* The registrar's tool reads this table; quotes and backslashes are escaped with a backslash. */
static void put_contact(struct buf *b, const char *key, const char *value)
{
        buf_printf(b, "  \"%s\" = \"", key);
        for (const char *at = value != NULL ? value : ""; *at != '\0'; at++) {
                if (*at == '"' || *at == '\\')
                        buf_u8(b, '\\');
                buf_u8(b, (uint8_t)(*at >= 0x20 || *at < 0 ? *at : ' '));
        }
        buf_text(b, "\"\n");
}

static void put_contacts(const struct init *in, struct buf *b)
{
        buf_text(b, "{\n");
        put_contact(b, "org_name", cli_value(in->cli, "organisation"));
        put_contact(b, "contact_name", cli_value(in->cli, "contact"));
        put_contact(b, "contact_email", cli_value(in->cli, "email"));
        put_contact(b, "site_description", cli_value(in->cli, "name"));
        buf_text(b, "}\n");
}

enum ansa_err init_write_bundle(struct init *in)
{
        char path[4096];
        struct ansa_site site;
        enum ansa_err err = home_path(in->home, "sitebndl.zip", path, sizeof(path));
        if (err == ANSA_OK)
                err = ansa_site_decode(in->site, &site);
        if (err != ANSA_OK)
                return err;
        int code;
        struct buf json = buf_growing(FILE_SIZE_MAX);
        struct buf contacts = buf_growing(FILE_SIZE_MAX);
        zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_EXCL, &code);
        json_put_site(&json, &site);
        put_contacts(in, &contacts);
        bool added = archive != NULL && json.err == ANSA_OK && contacts.err == ANSA_OK &&
                     add_file(archive, "siteinfo.json", buf_written(&json)) &&
                     add_file(archive, "siteinfo.bin", in->site) &&
                     add_file(archive, "admpub.bin", in->admin_pub) &&
                     add_file(archive, "contactdata.dct", buf_written(&contacts));
        err = ANSA_E_IO;
        if (added && zip_close(archive) == 0) {
                err = ANSA_OK;
                archive = NULL;
        }
        if (archive != NULL)
                zip_discard(archive);
        buf_fini(&json);
        buf_fini(&contacts);
        return err;
}
