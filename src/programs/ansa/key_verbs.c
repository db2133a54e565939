/* SPDX-License-Identifier: Apache-2.0 */
/* ansa keygen and ansa key: make keys, look at them, turn one form into another. */
#include "base/env.h"
#include "base/text.h"
#include "programs/ansa/passphrase.h"
#include "programs/ansa/verbs.h"
#include "programs/home.h"
#include "programs/key_load.h"
#include "wire/data.h"
#include "wire/json.h"

#include <stdlib.h>
#include <unistd.h>

#define KEY_FILE_MAX      65536u  /* octets */
#define KEY_MEMORY_MAX    262144u /* octets while a key is taken apart */
#define PBKDF2_ITERATIONS 10000u  /* what the Java tools write and read */

static const char *kind_text(const struct crypto_key *key)
{
        switch (crypto_key_kind(key)) {
        case ANSA_KEY_DSA:
                return "DSA";
        case ANSA_KEY_RSA:
        case ANSA_KEY_RSA_CRT:
                return "RSA";
        case ANSA_KEY_DH:
                return "DH";
        case ANSA_KEY_ED25519:
                return "Ed25519";
        case ANSA_KEY_NONE:
                break;
        }
        return "unknown";
}

/* Binary forms: the public encoding, or a private key file, encrypted when there is a passphrase. */
static enum ansa_err put_binary(const struct ansa_key *parts, struct ansa_bytes passphrase,
                                struct buf *out)
{
        if (!parts->is_private) {
                key_encode(parts, out);
                return out->err;
        }
        uint8_t random[32];
        struct buf plain = buf_secret(KEY_FILE_MAX);
        struct buf payload = buf_growing(KEY_FILE_MAX);
        struct key_file file = { .form = KEY_FILE_PLAIN };
        private_key_encode(parts, &plain);
        enum ansa_err err = plain.err;
        file.payload = buf_written(&plain);
        if (err == ANSA_OK && passphrase.size > 0) {
                struct env *env = env_system();
                env->random(env, random, sizeof(random));
                file.form = KEY_FILE_PBKDF2_AES;
                file.salt = (struct ansa_bytes){ random, 16 };
                file.iv = (struct ansa_bytes){ random + 16, 16 };
                file.iterations = PBKDF2_ITERATIONS;
                file.key_bits = 128;
                struct key_file_cipher cipher = { file.form, file.salt, file.iterations,
                                                  file.key_bits, file.iv };
                err = key_file_encrypt(&cipher, passphrase, file.payload, &payload);
                file.payload = buf_written(&payload);
        }
        if (err == ANSA_OK)
                key_file_encode(&file, out);
        buf_fini(&plain);
        buf_fini(&payload);
        return err != ANSA_OK ? err : out->err;
}

/* @key as @form: pem, jwk or bin; its private part only when @want_private. */
static enum ansa_err put_key(const struct crypto_key *key, const char *form, bool want_private,
                             struct ansa_bytes passphrase, struct buf *out)
{
        if (strcmp(form, "pem") == 0)
                return crypto_key_to_pem(key, want_private, passphrase, out);
        struct arena arena;
        struct ansa_key parts;
        arena_init(&arena, KEY_MEMORY_MAX);
        enum ansa_err err = crypto_key_parts(key, want_private, &arena, &parts);
        if (err == ANSA_OK && strcmp(form, "jwk") == 0) {
                json_put_key(out, &parts);
                buf_u8(out, '\n');
                err = out->err;
        } else if (err == ANSA_OK) {
                err = put_binary(&parts, passphrase, out);
        }
        arena_fini(&arena);
        return err;
}

/* SHA-256 of the public encoding, which is what two people compare over the telephone. */
static enum ansa_err put_fingerprint(const struct crypto_key *key, struct buf *out)
{
        uint8_t digest[DIGEST_SIZE_MAX];
        struct buf encoding = buf_growing(KEY_FILE_MAX);
        enum ansa_err err = put_key(key, "bin", false, (struct ansa_bytes){ 0 }, &encoding);
        struct ansa_bytes part = buf_written(&encoding);
        if (err == ANSA_OK)
                err = digest_parts(ALGORITHM_SHA256, &part, 1, digest);
        if (err == ANSA_OK)
                text_put_hex(out, (struct ansa_bytes){ digest, digest_size(ALGORITHM_SHA256) });
        buf_fini(&encoding);
        return err;
}

static enum exit_status show(const struct cli *c, const struct crypto_key *key)
{
        struct buf out = buf_growing(KEY_FILE_MAX);
        struct buf jwk = buf_growing(KEY_FILE_MAX);
        enum ansa_err err = put_fingerprint(key, &out);
        if (err == ANSA_OK)
                err = put_key(key, "jwk", false, (struct ansa_bytes){ 0 }, &jwk);
        if (err == ANSA_OK) {
                const char *half = crypto_key_is_private(key) ? "private" : "public";
                if (c->json)
                        printf("{\"kind\":\"%s\",\"bits\":%u,\"half\":\"%s\",\"sha256\":\"%.*s\","
                               "\"public\":%.*s}\n",
                               kind_text(key), crypto_key_bits(key), half, (int)out.size,
                               (const char *)out.at, (int)jwk.size - 1, (const char *)jwk.at);
                else
                        printf("kind: %s\nbits: %u\nhalf: %s\nsha256: %.*s\npublic: %.*s\n",
                               kind_text(key), crypto_key_bits(key), half, (int)out.size,
                               (const char *)out.at, (int)jwk.size - 1, (const char *)jwk.at);
        }
        buf_fini(&out);
        buf_fini(&jwk);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(c, err, "%s", ansa_err_text(err));
}

static enum exit_status write_key(const struct cli *c, const struct crypto_key *key,
                                  const char *path, const char *form, bool want_private,
                                  struct ansa_bytes passphrase)
{
        if (access(path, F_OK) == 0 && !cli_has(c, "force"))
                return cli_fail(c, ANSA_E_EXISTS, "%s: exists; --force replaces it", path);
        struct buf out = buf_secret(KEY_FILE_MAX);
        enum ansa_err err = put_key(key, form, want_private, passphrase, &out);
        if (err == ANSA_OK)
                err = file_write(path, buf_written(&out), want_private ? 0600 : 0644);
        buf_fini(&out);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(c, err, "%s: %s", path, ansa_err_text(err));
}

static bool form_of(const struct cli *c, const char **form)
{
        *form = cli_value(c, "form");
        if (*form == NULL)
                *form = "pem";
        bool known =
                strcmp(*form, "pem") == 0 || strcmp(*form, "jwk") == 0 || strcmp(*form, "bin") == 0;
        if (!known)
                cli_say(c, "--form %s: pem, jwk or bin is wanted", *form);
        return known;
}

static enum exit_status convert(const struct cli *c, const struct crypto_key *key, const char *to)
{
        char passphrase[PASSPHRASE_MAX] = "";
        const char *form;
        bool want_private = crypto_key_is_private(key) && !cli_has(c, "public");
        if (!form_of(c, &form))
                return EXIT_USAGE;
        const char *path = cli_value(c, "new-passphrase-file");
        if (want_private && path != NULL) {
                FILE *file = fopen(path, "re");
                bool done = file != NULL && fgets(passphrase, sizeof(passphrase), file) != NULL;
                if (file != NULL)
                        (void)fclose(file);
                if (!done)
                        return cli_fail(c, ANSA_E_IO, "%s: no passphrase in it", path);
                passphrase[strcspn(passphrase, "\r\n")] = '\0';
        }
        enum exit_status status =
                write_key(c, key, to, form, want_private, ansa_bytes_text(passphrase));
        wipe(passphrase, sizeof(passphrase));
        return status;
}

enum exit_status verb_key(struct cli *c)
{
        const char *what = c->arguments[0];
        struct crypto_key *key = NULL;
        bool is_show = strcmp(what, "show") == 0 && c->argument_count == 2;
        bool is_convert = strcmp(what, "convert") == 0 && c->argument_count == 3;
        if (!is_show && !is_convert) {
                cli_say(c, "\"show FILE\" or \"convert FILE NEW-FILE\" is wanted");
                return EXIT_USAGE;
        }
        enum exit_status status = passphrase_load_key(c, c->arguments[1], &key);
        if (status == EXIT_DONE)
                status = is_show ? show(c, key) : convert(c, key, c->arguments[2]);
        crypto_key_free(key);
        return status;
}

static bool kind_of(const struct cli *c, enum ansa_key_kind *kind)
{
        const char *type = cli_value(c, "type");
        *kind = ANSA_KEY_RSA;
        if (type == NULL || strcmp(type, "rsa") == 0)
                return true;
        *kind = strcmp(type, "dsa") == 0       ? ANSA_KEY_DSA
                : strcmp(type, "ed25519") == 0 ? ANSA_KEY_ED25519
                                               : ANSA_KEY_NONE;
        if (*kind == ANSA_KEY_NONE)
                cli_say(c, "--type %s: rsa, ed25519 or dsa is wanted", type);
        return *kind != ANSA_KEY_NONE;
}

enum exit_status verb_keygen(struct cli *c)
{
        char public_path[4096];
        char passphrase[PASSPHRASE_MAX];
        enum ansa_key_kind kind;
        uint64_t bits;
        const char *form;
        struct crypto_key *key = NULL;
        if (!kind_of(c, &kind) || !form_of(c, &form) ||
            !cli_number(c, "bits", 1024, 4096, 2048, &bits))
                return EXIT_USAGE;
        int n = snprintf(public_path, sizeof(public_path), "%s.pub", c->arguments[0]);
        if (n < 0 || (size_t)n >= sizeof(public_path))
                return EXIT_USAGE;
        bool ask = cli_has(c, "encrypt");
        if (!(ask ? passphrase_get(c, c->arguments[0], true, passphrase)
                  : passphrase_given(c, passphrase)))
                return EXIT_REFUSED;
        enum ansa_err err = crypto_key_generate(kind, (uint32_t)bits, &key);
        if (err != ANSA_OK)
                return cli_fail(c, err, "%s", ansa_err_text(err));
        enum exit_status status =
                write_key(c, key, c->arguments[0], form, true, ansa_bytes_text(passphrase));
        if (status == EXIT_DONE)
                status = write_key(c, key, public_path, form, false, (struct ansa_bytes){ 0 });
        if (status == EXIT_DONE)
                status = show(c, key);
        crypto_key_free(key);
        wipe(passphrase, sizeof(passphrase));
        return status;
}
