/* SPDX-License-Identifier: Apache-2.0 */
/* Where a client begins: roots, one server, local sites, trusted keys. */
#include "client/client.h"

#include "client/sentence.h"

#include "base/text.h"
#include "client/jws.h"
#include "wire/data.h"
#include "wire/json.h"
#include "wire/name.h"

#include <jansson.h>
#include <stdlib.h>

#define BOOTSTRAP_SIZE_MAX (16u * 1024u * 1024u)

static enum ansa_err problem(struct ansa_client *c, enum ansa_err err, const char *what,
                             const char *why)
{
        sentence_put(c->problem, sizeof(c->problem), "%s: %s", what, why);
        return err;
}

static enum ansa_err add_root_site(struct ansa_client *c, struct ansa_bytes wire)
{
        struct ansa_site site;
        enum ansa_err err = ansa_site_decode(wire, &site);
        if (err != ANSA_OK)
                return problem(c, err, "a root site record", ansa_err_text(err));
        if (c->root_site_count == ROOTS_MAX)
                return problem(c, ANSA_E_LIMIT, "the bootstrap file", "has too many root sites");
        err = arena_copy(&c->arena, wire, &c->root_sites[c->root_site_count]);
        c->root_site_count += err == ANSA_OK ? 1 : 0;
        return err;
}

enum ansa_err ansa_client_add_trust_root(struct ansa_client *client, const struct ansa_key *key)
{
        if (key->is_private || key->kind == ANSA_KEY_DH || key->kind == ANSA_KEY_NONE)
                return ANSA_E_ARGUMENT;
        if (client->trust_root_count == TRUST_MAX)
                return problem(client, ANSA_E_LIMIT, "trust roots", "are too many");
        struct ansa_key copy = *key;
        for (uint32_t i = 0; i < key->part_count; i++) {
                enum ansa_err err = arena_copy(&client->arena, key->part[i], &copy.part[i]);
                if (err != ANSA_OK)
                        return err;
        }
        client->trust_roots[client->trust_root_count++] = copy;
        return ANSA_OK;
}

static enum ansa_err add_root_key(struct ansa_client *c, struct ansa_bytes wire)
{
        struct ansa_key key;
        enum ansa_err err = key_decode(wire, &key);
        if (err != ANSA_OK)
                return problem(c, err, "a public key of 0.0/0.0", ansa_err_text(err));
        return ansa_client_add_trust_root(c, &key);
}

/* One record of the file: 0.NA/0.NA has the root's sites, 0.0/0.0 the trusted keys. */
static enum ansa_err take_record(void *context, struct ansa_bytes name, struct ansa_values values)
{
        struct ansa_client *c = context;
        struct ansa_value v;
        enum ansa_err err = ANSA_OK;
        bool is_root = name_equal(name, ANSA_BYTES_LIT("0.NA/0.NA"), false);
        bool is_trust = name_equal(name, ANSA_BYTES_LIT("0.0/0.0"), false);
        while (err == ANSA_OK && ansa_values_next(&values, &v) == ANSA_OK) {
                if (is_root && value_type_of(v.type) == TYPE_HS_SITE)
                        err = add_root_site(c, v.data);
                else if (is_trust && value_type_of(v.type) == TYPE_HS_PUBKEY)
                        err = add_root_key(c, v.data);
        }
        return err;
}

static enum ansa_err add_json(struct ansa_client *c, struct ansa_bytes file)
{
        struct arena arena;
        struct json_problem why = { "" };
        arena_init(&arena, BOOTSTRAP_SIZE_MAX * 2);
        c->problem[0] = '\0';
        enum ansa_err err = json_records(file, &arena, take_record, c, &why);
        if (err != ANSA_OK && c->problem[0] == '\0')
                (void)problem(c, err, "the bootstrap file",
                              why.text[0] != '\0' ? why.text : ansa_err_text(err));
        arena_fini(&arena);
        return err;
}

enum ansa_err ansa_client_add_bootstrap(struct ansa_client *client, struct ansa_bytes file)
{
        struct ansa_values values;
        size_t before = client->root_site_count;
        size_t at = 0;
        client->problem[0] = '\0';
        if (file.size > BOOTSTRAP_SIZE_MAX)
                return problem(client, ANSA_E_LIMIT, "the bootstrap file", "is too long");
        while (at < file.size && strchr(" \t\r\n", file.at[at]) != NULL && file.at[at] != '\0')
                at++;
        if (at < file.size && file.at[at] == '{') {
                enum ansa_err err = add_json(client, file);
                if (err != ANSA_OK)
                        return err;
        } else {
                enum ansa_err err = root_info_decode(file, &values);
                if (err != ANSA_OK)
                        return problem(client, err, "the bootstrap file",
                                       "is neither JSON nor a root_info file");
                err = take_record(client, ANSA_BYTES_LIT("0.NA/0.NA"), values);
                if (err != ANSA_OK)
                        return err;
        }
        if (client->root_site_count == before)
                return problem(client, ANSA_E_MALFORMED, "the bootstrap file",
                               "has no HS_SITE values of 0.NA/0.NA");
        return ANSA_OK;
}

/* @text as endpoints of @transport appended to the list. */
static enum ansa_err add_endpoints(struct ansa_client *c, const char *text,
                                   enum ansa_transport transport,
                                   struct endpoint list[ENDPOINTS_MAX], size_t *count)
{
        struct endpoint found[ENDPOINTS_MAX];
        size_t n;
        bool has_port;
        uint16_t port = transport == ANSA_TRANSPORT_TLS ? ANSA_PORT_TLS : ANSA_PORT;
        c->problem[0] = '\0';
        enum ansa_err err = endpoint_parse(text, port, found, ENDPOINTS_MAX, &n, &has_port);
        if (err == ANSA_E_MALFORMED)
                return problem(c, err, text, "is not HOST, HOST:PORT or [V6]:PORT");
        if (err != ANSA_OK)
                return problem(c, err, text, "no such host is known");
        for (size_t i = 0; i < n && *count < ENDPOINTS_MAX; i++)
                list[(*count)++] = found[i];
        return ANSA_OK;
}

enum ansa_err ansa_client_add_root(struct ansa_client *client, const char *server)
{
        if (client->root_endpoint_count == ENDPOINTS_MAX)
                return problem(client, ANSA_E_LIMIT, server, "one root server too many");
        return add_endpoints(client, server, ANSA_TRANSPORT_ANY, client->root_endpoints,
                             &client->root_endpoint_count);
}

enum ansa_err ansa_client_set_server(struct ansa_client *client, const char *server,
                                     enum ansa_transport transport)
{
        client->server = (struct service){ 0 };
        client->server_transport = transport;
        return add_endpoints(client, server, transport, client->server.endpoint,
                             &client->server.endpoint_count);
}

static enum ansa_err set_site(struct ansa_client *c, struct service *s, struct ansa_bytes site)
{
        struct ansa_bytes copy;
        *s = (struct service){ 0 };
        c->problem[0] = '\0';
        enum ansa_err err = arena_copy(&c->arena, site, &copy);
        if (err == ANSA_OK)
                err = service_add(s, copy);
        return err == ANSA_OK ? ANSA_OK : problem(c, err, "the site record", ansa_err_text(err));
}

enum ansa_err ansa_client_set_site(struct ansa_client *client, struct ansa_bytes site)
{
        client->server_transport = ANSA_TRANSPORT_ANY;
        return set_site(client, &client->server, site);
}

enum ansa_err ansa_client_set_resolver(struct ansa_client *client, struct ansa_bytes site)
{
        return set_site(client, &client->resolver, site);
}

enum ansa_err ansa_client_add_local(struct ansa_client *client, struct ansa_bytes prefix,
                                    struct ansa_bytes site)
{
        struct ansa_site decoded;
        client->problem[0] = '\0';
        /* "0.NA/35.TEST" is how the Java tools spell it. */
        if (name_is_prefix_record(prefix) && memchr(prefix.at, '/', prefix.size) != NULL)
                prefix = name_split(prefix).suffix;
        enum ansa_err err = ansa_site_decode(site, &decoded);
        if (err != ANSA_OK)
                return problem(client, err, "the site record", ansa_err_text(err));
        if (client->local_count == LOCALS_MAX)
                return problem(client, ANSA_E_LIMIT, "local sites", "are too many");
        struct local_site *l = &client->locals[client->local_count];
        err = arena_copy(&client->arena, prefix, &l->prefix);
        if (err == ANSA_OK)
                err = arena_copy(&client->arena, site, &l->wire);
        client->local_count += err == ANSA_OK ? 1 : 0;
        return err;
}

/* {"nas":["0.NA/35.TEST", ...], "site":{...}} */
static enum ansa_err add_local_entry(struct ansa_client *c, const json_t *entry)
{
        struct json_problem why = { "" };
        struct ansa_bytes site;
        struct arena arena;
        const json_t *prefixes = json_object_get(entry, "nas");
        char *text = json_dumps(json_object_get(entry, "site"), JSON_COMPACT | JSON_ENCODE_ANY);
        if (text == NULL || !json_is_array(prefixes)) {
                free(text);
                return problem(c, ANSA_E_MALFORMED, "the local_info file",
                               "each entry needs \"nas\", a list, and \"site\", an object");
        }
        arena_init(&arena, BOOTSTRAP_SIZE_MAX);
        enum ansa_err err = json_site(ansa_bytes_text(text), &arena, &site, &why);
        if (err != ANSA_OK)
                (void)problem(c, err, "the local_info file", why.text);
        for (size_t i = 0; err == ANSA_OK && i < json_array_size(prefixes); i++) {
                const char *prefix = json_string_value(json_array_get(prefixes, i));
                err = prefix != NULL ? ansa_client_add_local(c, ansa_bytes_text(prefix), site)
                                     : problem(c, ANSA_E_MALFORMED, "the local_info file",
                                               "\"nas\" holds something else than texts");
        }
        arena_fini(&arena);
        free(text);
        return err;
}

enum ansa_err ansa_client_add_local_info(struct ansa_client *client, struct ansa_bytes json)
{
        json_error_t where;
        client->problem[0] = '\0';
        if (json.size > BOOTSTRAP_SIZE_MAX)
                return problem(client, ANSA_E_LIMIT, "the local_info file", "is too long");
        json_t *root = json_loadb((const char *)json.at, json.size, JSON_REJECT_DUPLICATES, &where);
        if (!json_is_array(root)) {
                sentence_put(client->problem, sizeof(client->problem),
                             "the local_info file: line %d: %s", where.line,
                             root == NULL ? where.text : "a list is expected");
                json_decref(root);
                return ANSA_E_MALFORMED;
        }
        enum ansa_err err = ANSA_OK;
        for (size_t i = 0; err == ANSA_OK && i < json_array_size(root); i++)
                err = add_local_entry(client, json_array_get(root, i));
        json_decref(root);
        return err;
}

enum ansa_err ansa_client_add_required_signer(struct ansa_client *client,
                                              struct ansa_bytes certificate)
{
        struct jws j;
        client->problem[0] = '\0';
        if (client->required_count == TRUST_MAX)
                return problem(client, ANSA_E_LIMIT, "required signers", "are too many");
        enum ansa_err err = jws_read(certificate, &j);
        if (err != ANSA_OK)
                return problem(client, err, "the certificate", ansa_err_text(err));
        jws_fini(&j);
        err = arena_copy(&client->arena, certificate, &client->required[client->required_count]);
        client->required_count += err == ANSA_OK ? 1 : 0;
        return err;
}
