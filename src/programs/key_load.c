/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/key_load.h"

#include "programs/home.h"
#include "wire/data.h"
#include "wire/json.h"

#include <stdlib.h>

#define KEY_FILE_MAX   65536u  /* octets */
#define KEY_MEMORY_MAX 262144u /* octets while a key is taken apart */

static enum ansa_err from_jwk(struct ansa_bytes file, struct crypto_key **key)
{
        struct arena arena;
        struct ansa_key parts;
        struct json_problem problem;
        arena_init(&arena, KEY_MEMORY_MAX);
        enum ansa_err err = json_key(file, &arena, &parts, &problem);
        if (err == ANSA_OK)
                err = crypto_key_new(&parts, key);
        arena_fini(&arena);
        return err;
}

static enum ansa_err from_private_file(const struct key_file *f, struct ansa_bytes passphrase,
                                       struct crypto_key **key)
{
        struct ansa_key parts;
        struct buf plain = buf_secret(KEY_FILE_MAX);
        enum ansa_err err = ANSA_OK;
        struct ansa_bytes encoding = f->payload;
        if (f->form != KEY_FILE_PLAIN && f->form != KEY_FILE_BARE) {
                struct key_file_cipher cipher = { f->form, f->salt, f->iterations, f->key_bits,
                                                  f->iv };
                err = passphrase.size == 0
                              ? ANSA_E_DENIED
                              : key_file_decrypt(&cipher, passphrase, f->payload, &plain);
                encoding = buf_written(&plain);
        }
        if (err == ANSA_OK)
                err = private_key_decode(encoding, &parts);
        if (err == ANSA_OK)
                err = crypto_key_new(&parts, key);
        else if (encoding.at != f->payload.at && err == ANSA_E_MALFORMED)
                err = ANSA_E_DENIED; /* padding that happened to fit */
        buf_fini(&plain);
        return err;
}

enum ansa_err key_from_octets(struct ansa_bytes file, struct ansa_bytes passphrase,
                              struct crypto_key **key)
{
        static const char pem[] = "-----BEGIN";
        struct key_file f;
        struct ansa_key parts;
        *key = NULL;
        if (file.size >= sizeof(pem) - 1 &&
            memmem(file.at, file.size, pem, sizeof(pem) - 1) != NULL)
                return crypto_key_from_pem(file, passphrase, key);
        if (file.size > 0 && file.at[0] == '{')
                return from_jwk(file, key);
        if (key_decode(file, &parts) == ANSA_OK && !parts.is_private)
                return crypto_key_new(&parts, key);
        enum ansa_err err = key_file_decode(file, &f);
        return err == ANSA_OK ? from_private_file(&f, passphrase, key) : ANSA_E_MALFORMED;
}

enum ansa_err key_load(const char *path, struct ansa_bytes passphrase, struct crypto_key **key)
{
        uint8_t *at;
        size_t size;
        *key = NULL;
        enum ansa_err err = file_read(path, KEY_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return err;
        err = key_from_octets((struct ansa_bytes){ at, size }, passphrase, key);
        wipe(at, size);
        free(at);
        return err;
}
