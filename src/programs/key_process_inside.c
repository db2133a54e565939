/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/key_process_inside.h"

#include "crypto/tls_cert.h"
#include "programs/home.h"
#include "programs/key_load.h"
#include "programs/sandbox.h"
#include "wire/data.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The inside of the key process: two keys, a few sockets, nothing else. */

#define CERTIFICATE_DAYS 90u /* of the TLS key that a start makes; renewed long before */
#define PASSPHRASE_MAX   1024u
#define PARTS_MAX        65536u

static enum ansa_err read_passphrase(const char *path, uint8_t **at, struct ansa_bytes *passphrase)
{
        size_t size;
        *at = NULL;
        *passphrase = (struct ansa_bytes){ 0 };
        if (path == NULL)
                return ANSA_OK;
        enum ansa_err err = file_read(path, PASSPHRASE_MAX, at, &size);
        if (err == ANSA_OK)
                *passphrase = (struct ansa_bytes){ *at, strcspn((const char *)*at, "\r\n") };
        return err;
}

/* What the operator has to know when there is no key. */
static void tell(int fd, enum ansa_err err, const char *path)
{
        char text[512];
        const char *why = ansa_err_text(err);
        if (err == ANSA_E_DENIED)
                why = "may not be read, or its passphrase is missing or wrong (key_passphrase)";
        else if (err == ANSA_E_ARGUMENT)
                why = "is a public key; the private one is needed";
        else if (err == ANSA_E_NOT_FOUND)
                why = "is not there; \"ansa init\" or \"ansa keygen\" makes one";
        else if (err == ANSA_E_UNSUPPORTED)
                why = "is of a kind that is no use here; a log's key is an Ed25519 key";
        else if (ansa_err_class(err) == ANSA_CLASS_REQUEST)
                why = "is no private key in PEM nor one of the Java tools";
        int n = snprintf(text, sizeof(text), "%.400s %s", path, why);
        (void)key_put_answer(fd, err, (struct ansa_bytes){ (const uint8_t *)text, (size_t)n });
}

struct keys {
        struct crypto_key *site;
        struct crypto_key *log; /* NULL: there is none */
};

static enum ansa_err load_log(const struct key_process_options *o, int fd, struct crypto_key **key)
{
        enum ansa_err err = key_load(o->log_key, (struct ansa_bytes){ 0 }, key);
        if (err == ANSA_OK && !crypto_key_is_private(*key))
                err = ANSA_E_ARGUMENT;
        if (err != ANSA_OK)
                tell(fd, err, o->log_key);
        return err;
}

static enum ansa_err load(const struct key_process_options *o, int fd, struct crypto_key **key)
{
        uint8_t *secret = NULL;
        struct ansa_bytes passphrase;
        enum ansa_err err = read_passphrase(o->passphrase, &secret, &passphrase);
        *key = NULL;
        if (err != ANSA_OK) {
                tell(fd, err, o->passphrase);
        } else {
                err = key_load(o->key, passphrase, key);
                if (err == ANSA_OK && !crypto_key_is_private(*key))
                        err = ANSA_E_ARGUMENT;
                if (err != ANSA_OK)
                        tell(fd, err, o->key);
        }
        if (secret != NULL)
                wipe(secret, passphrase.size);
        free(secret);
        return err;
}

static enum ansa_err put_log_key(const struct crypto_key *key, struct arena *arena, struct buf *b)
{
        struct ansa_key parts;
        enum ansa_err err = crypto_key_parts(key, false, arena, &parts);
        if (err == ANSA_OK && parts.kind != ANSA_KEY_ED25519)
                err = ANSA_E_UNSUPPORTED;
        if (err == ANSA_OK)
                buf_block(b, parts.part[0]);
        return err;
}

static enum ansa_err greet(const struct keys *keys, const char *log_path, int fd)
{
        struct arena arena;
        struct ansa_key parts;
        uint8_t at[KEY_PUBLIC_MAX];
        struct buf site = buf_over(at, sizeof(at));
        struct buf words = buf_growing(KEY_PUBLIC_MAX + 64);
        arena_init(&arena, PARTS_MAX);
        enum ansa_err err = crypto_key_parts(keys->site, false, &arena, &parts);
        if (err == ANSA_OK) {
                key_encode(&parts, &site);
                buf_block(&words, buf_written(&site));
        }
        if (err == ANSA_OK && keys->log != NULL) {
                err = put_log_key(keys->log, &arena, &words);
                if (err != ANSA_OK)
                        tell(fd, err, log_path);
        } else {
                buf_u32(&words, 0);
        }
        if (err == ANSA_OK)
                err = words.err;
        if (err == ANSA_OK && !key_put_answer(fd, ANSA_OK, buf_written(&words)))
                err = ANSA_E_IO;
        arena_fini(&arena);
        buf_fini(&words);
        return err;
}

static enum ansa_err certify(const struct crypto_key *key, struct ansa_bytes name, uint32_t now_s,
                             struct buf *answer)
{
        struct buf cert = buf_growing(KEY_ANSWER_MAX / 2);
        struct buf tls_key = buf_secret(KEY_ANSWER_MAX / 2);
        enum ansa_err err = tls_cert_delegate(key, name, now_s, CERTIFICATE_DAYS, &cert, &tls_key);
        if (err == ANSA_OK) {
                buf_block(answer, buf_written(&cert));
                buf_block(answer, buf_written(&tls_key));
                err = answer->err;
        }
        buf_fini(&tls_key);
        buf_fini(&cert);
        return err;
}

static enum ansa_err sign(const struct crypto_key *key, const struct key_question *q,
                          struct buf *answer)
{
        uint8_t at[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        if (q->number > ALGORITHM_SHA256)
                return ANSA_E_ARGUMENT;
        enum ansa_err err = crypto_sign(key, (enum digest_algorithm)q->number, &q->data, 1, at,
                                        sizeof(at), &size);
        if (err == ANSA_OK)
                buf_bytes(answer, (struct ansa_bytes){ at, size });
        return err;
}

static enum ansa_err decrypt(const struct crypto_key *key, const struct key_question *q,
                             struct buf *answer)
{
        uint8_t at[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        enum ansa_err err = crypto_rsa_decrypt(key, q->data, at, sizeof(at), &size);
        if (err == ANSA_OK)
                buf_bytes(answer, (struct ansa_bytes){ at, size });
        wipe(at, sizeof(at));
        return err;
}

/* One question; false when the other side has ended or is out of its mind. */
static bool serve(const struct key_process_options *o, const struct keys *keys, int fd,
                  uint8_t *data, struct buf *answer)
{
        struct key_question q;
        if (!key_get_question(fd, &q, data, KEY_QUESTION_MAX))
                return false;
        buf_reset(answer);
        enum ansa_err err = ANSA_E_UNSUPPORTED;
        switch ((enum key_ask)q.what) {
        case KEY_SIGN:
                err = sign(keys->site, &q, answer);
                break;
        case KEY_SIGN_LOG:
                err = keys->log != NULL ? sign(keys->log, &q, answer) : ANSA_E_NOT_FOUND;
                break;
        case KEY_DECRYPT:
                err = decrypt(keys->site, &q, answer);
                break;
        case KEY_CERTIFY:
                err = certify(keys->site, o->name, q.number, answer);
                break;
        }
        if (err == ANSA_OK)
                err = answer->err;
        bool ok = key_put_answer(fd, err,
                                 err == ANSA_OK ? buf_written(answer) : (struct ansa_bytes){ 0 });
        wipe(answer->at, answer->size);
        return ok;
}

static void serve_all(const struct key_process_options *o, const struct keys *keys,
                      const int fds[KEY_PROCESS_CONNECTIONS])
{
        static uint8_t data[KEY_QUESTION_MAX];
        static uint8_t room[KEY_ANSWER_MAX];
        struct buf answer = buf_over(room, sizeof(room));
        struct pollfd poll_fds[KEY_PROCESS_CONNECTIONS];
        uint32_t open = KEY_PROCESS_CONNECTIONS;
        for (uint32_t i = 0; i < KEY_PROCESS_CONNECTIONS; i++)
                poll_fds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        while (open > 0) {
                if (poll(poll_fds, KEY_PROCESS_CONNECTIONS, -1) < 0)
                        continue;
                for (uint32_t i = 0; i < KEY_PROCESS_CONNECTIONS; i++) {
                        if (poll_fds[i].revents == 0 ||
                            serve(o, keys, poll_fds[i].fd, data, &answer))
                                continue;
                        (void)close(poll_fds[i].fd);
                        poll_fds[i].fd = -1; /* poll looks past it */
                        open--;
                }
        }
}

void key_process_inside(const struct key_process_options *options,
                        const int fds[KEY_PROCESS_CONNECTIONS])
{
        /* Ctrl-C and the like are meant for the server; we end when it does */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        (void)prctl(PR_SET_NAME, "ansad-key");
        (void)prctl(PR_SET_DUMPABLE, 0);

        struct keys keys = { 0 };
        if (load(options, fds[0], &keys.site) != ANSA_OK ||
            (options->log_key != NULL && load_log(options, fds[0], &keys.log) != ANSA_OK))
                _exit(EXIT_FAILURE);
        struct sandbox_problem problem;
        if (sandbox_become(options->uid, options->gid, &problem) != ANSA_OK ||
            (options->sandbox && sandbox_key_process(&problem) != ANSA_OK)) {
                (void)key_put_answer(fds[0], ANSA_E_DENIED, ansa_bytes_text(problem.text));
                _exit(EXIT_FAILURE);
        }
        (void)prctl(PR_SET_DUMPABLE, 0); /* becoming another user may have set it anew */
        if (greet(&keys, options->log_key, fds[0]) == ANSA_OK)
                serve_all(options, &keys, fds);
        crypto_key_free(keys.site);
        crypto_key_free(keys.log);
        _exit(EXIT_SUCCESS);
}
