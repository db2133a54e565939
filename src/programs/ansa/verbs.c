/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of ansa: one row each, from which everything a user reads about them is made. */
#include "programs/ansa/verbs.h"

#include "programs/ansa/values.h"

/* clang-format off */
static const struct cli_option no_options[] = { { NULL, NULL, NULL } };
static const struct cli_option init_options[] = {
        { "prefix", "PREFIX", "serve this prefix; may be given several times" },
        { "address", "ADDRESS", "where clients reach the server, IPv4 or IPv6 [127.0.0.1]" },
        { "port", "PORT", "of UDP and TCP [2641]" },
        { "tls-port", "PORT", "of TLS [one above]" },
        { "http-port", "PORT", "of HTTP [8000; two above --port]" },
        { "https-port", "PORT", "of HTTPS [8443; three above]" },
        { "name", "TEXT", "what the site is called" },
        { "key-type", "TYPE", "of the administrator's new key: rsa or ed25519 [rsa]" },
        { "admin-key", "FILE", "the administrator has this key already (public or private)" },
        { "encrypt", NULL, "ask for a passphrase for the administrator's new key" },
        { "root", NULL, "be the root of a private network: serve 0.NA/0.NA too" },
        { "organisation", "TEXT", "for the site bundle" },
        { "contact", "NAME", "for the site bundle" },
        { "email", "ADDRESS", "for the site bundle" },
        { NULL, NULL, NULL },
};
static const struct cli_option import_options[] = {
        { "home", "HOME", "write into this home, which no server may be serving" },
        { "format", "FORMAT", "tsv, jsonl or batch [by the first line]" },
        { "columns", "LIST", "of a table: name and value types, comma separated; empty = ignore" },
        { "url-base", "URL", "rows without a URL get this followed by the identifier" },
        { "admin", "INDEX:ID", "rows get an HS_ADMIN at index 100 that names this administrator" },
        { "home-prefixes", NULL, "home each prefix that occurs" },
        { "keep", NULL, "leave records alone that exist already" },
        { "http", "URL", "through a server's web door, as in https://localhost:8443" },
        { "ca", "FILE", "authorities that its certificate may come from, if not --site tells its key" },
        { "memory", "MIB", "for sorting; what has no room in it goes through the disk [384]" },
        { NULL, NULL, NULL },
};
static const struct cli_option export_options[] = {
        { "prefix", "PREFIX", "only identifiers under it, or with this beginning" },
        { NULL, NULL, NULL },
};
static const struct cli_option backup_options[] = {
        { "with-keys", NULL, "copy keys too; guard the copy as you guard the home" },
        { NULL, NULL, NULL },
};
static const struct cli_option keygen_options[] = {
        { "type", "TYPE", "rsa, ed25519 or dsa [rsa]" },
        { "bits", "N", "of RSA and DSA keys, 1024 to 4096 [2048]" },
        { "form", "FORM", "pem, jwk, or bin as the Java tools have it [pem]" },
        { "encrypt", NULL, "ask for a passphrase" },
        { "force", NULL, "replace existing files" },
        { NULL, NULL, NULL },
};
static const struct cli_option key_options[] = {
        { "form", "FORM", "of the new file: pem, jwk or bin [pem]" },
        { "public", NULL, "only the public half" },
        { "new-passphrase-file", "FILE", "encrypt the new file with the first line of FILE" },
        { "force", NULL, "replace an existing file" },
        { NULL, NULL, NULL },
};

static const struct cli_option resolve_options[] = {
        { "type", "TYPE", "only values of this type; \"URL.\" is URL and all below it; repeatable" },
        { "index", "N", "only the value with this index; repeatable" },
        { "authoritative", NULL, "ask a primary site, not the cache" },
        { "certified", NULL, "answers must be signed by their servers" },
        { NULL, NULL, NULL },
};
static const struct cli_option verify_options[] = {
        { "policy", "FILE", "whom to believe [~/.config/ansa/policy, /etc/ansa/policy]" },
        { "id", "ID", "the proof must be about this identifier" },
        { NULL, NULL, NULL },
};
static const struct cli_option create_options[] = {
        { "mint", NULL, "ID is only a beginning, as in 20.500.12345/; the server completes it" },
        { NULL, NULL, NULL },
};
static const struct cli_option new_options[] = {
        { "admin", "INDEX:ID", "who may change it: gets an HS_ADMIN if no value is one; or none [--as]" },
        { NULL, NULL, NULL },
};
static const struct cli_option add_options[] = {
        { "overwrite", NULL, "replace values whose index is taken" },
        { NULL, NULL, NULL },
};
static const struct cli_option list_options[] = {
        { "prefixes", NULL, "the prefixes derived from PREFIX" },
        { "homed", NULL, "the prefixes that the server answers for" },
        { NULL, NULL, NULL },
};

/* Groups of options of a verb. */
#define GROUPS(...) (const struct cli_option *const[]){ __VA_ARGS__, cli_common_options, NULL }
#define PLAIN (const struct cli_option *const[]){ cli_common_options, NULL }
#define ONLINE(...) GROUPS(__VA_ARGS__, cli_server_options)
#define ADMIN(...) ONLINE(__VA_ARGS__, cli_admin_options, cli_passphrase_options)

const struct cli_verb cli_verbs[] = {
        { "init", "HOME", "Make a home: keys, records, configuration",
          "HOME is a new directory. Nothing needs to be given but the prefix.\n",
          1, 1, GROUPS(init_options, cli_passphrase_options), verb_init },
        { "resolve", "ID", "Show what an identifier says",
          "ID may be bare, or with doi:, hdl:, or a resolver's address in front. With an\n"
          "administrator also values that are not public.\n",
          1, 1, ONLINE(resolve_options, cli_admin_options, cli_passphrase_options), verb_resolve },
        { "verify", "FILE", "Check a proof, without asking anybody",
          "FILE is a proof, binary or text; - is standard input. A policy names the logs and\n"
          "witnesses to believe (see ansa(1)). Exit status 1: nothing is proven.\n",
          1, 1, GROUPS(verify_options), verb_verify },
        { "create", "ID", "Create an identifier", NULL,
          1, 1, ADMIN(create_options, cli_value_options, new_options), verb_create },
        { "put", "ID", "Create an identifier, or replace all its values", NULL,
          1, 1, ADMIN(cli_value_options, new_options), verb_put },
        { "add", "ID", "Add values to an identifier", NULL,
          1, 1, ADMIN(add_options, cli_value_options), verb_add },
        { "modify", "ID", "Replace values of an identifier, by their index", NULL,
          1, 1, ADMIN(cli_value_options), verb_modify },
        { "remove", "ID INDEX...", "Remove values of an identifier", NULL,
          2, 513, ADMIN(no_options), verb_remove },
        { "delete", "ID", "Delete an identifier", NULL, 1, 1, ADMIN(no_options), verb_delete },
        { "list", "PREFIX", "List the identifiers of a prefix", NULL,
          0, 1, ADMIN(list_options), verb_list },
        { "site", "[ID]", "Show the site record of the server asked",
          "With an identifier: of a server that is responsible for it.\n",
          0, 1, ONLINE(no_options), verb_site },
        { "home", "PREFIX", "Make servers answer for a prefix", NULL,
          1, 1, ADMIN(no_options), verb_home },
        { "unhome", "PREFIX", "Make servers no longer answer for a prefix", NULL,
          1, 1, ADMIN(no_options), verb_unhome },
        { "import", "FILE", "Read records from a table, JSON lines or a batch file",
          "FILE may be gzipped; - is standard input. Bad lines are told and left out; then the\n"
          "exit status is 1.\n",
          1, 1, ADMIN(import_options), verb_import },
        { "export", "HOME", "Write the records of a home as JSON lines",
          "Importing what was exported gives the same records.\n",
          1, 1, GROUPS(export_options), verb_export },
        { "status", "", "Show how a server is doing", NULL, 0, 0, ADMIN(no_options),
          verb_status },
        { "backup", "HOME DIRECTORY", "Copy a home while its server runs",
          "The copy is consistent and compact, and is itself a home.\n",
          2, 2, GROUPS(backup_options), verb_backup },
        { "restore", "BACKUP HOME", "Make a home from a backup", NULL,
          2, 2, PLAIN, verb_restore },
        { "keygen", "FILE", "Make a key pair in FILE and FILE.pub", NULL,
          1, 1, GROUPS(keygen_options, cli_passphrase_options), verb_keygen },
        { "key", "show FILE | convert FILE NEW-FILE", "Look at a key, or turn it into another form",
          NULL, 2, 3, GROUPS(key_options, cli_passphrase_options), verb_key },
        { "completion", "bash|zsh|fish", "Write completions for a shell",
          "For example: ansa completion bash >/etc/bash_completion.d/ansa\n", 1, 1, PLAIN,
          verb_completion },
        { NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
/* clang-format on */
