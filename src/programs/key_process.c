/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/key_process.h"

#include "base/lock.h"
#include "base/verifier.h"
#include "programs/key_process_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* The server's side of the key process. */

#define PATIENCE_S 20 /* a signature takes milliseconds; all threads may wait for one process */

/* What the service is handed. */
struct asker {
        struct signer signer; /* first */
        struct key_process *process;
        enum key_ask ask; /* to sign */
};

struct key_process {
        struct asker site;
        struct asker log;
        pid_t pid;
        struct lock lock;
        pthread_cond_t given_back;
        int idle[KEY_PROCESS_CONNECTIONS];
        uint32_t idle_count;
        uint32_t all_count;
        uint8_t public_key[KEY_PUBLIC_MAX];
        size_t public_size;
        size_t log_size; /* 0: it has no key of a log */
        uint8_t log_key[ED25519_KEY_SIZE];
};

static int borrow(struct key_process *p)
{
        lock_take(&p->lock);
        while (p->idle_count == 0 && p->all_count > 0)
                ansa_assert(pthread_cond_wait(&p->given_back, &p->lock.mutex) == 0);
        int fd = p->idle_count > 0 ? p->idle[--p->idle_count] : -1;
        lock_give(&p->lock);
        return fd;
}

/* A connection on which something went wrong is out of step: it is not used again. */
static void give_back(struct key_process *p, int fd, bool is_good)
{
        lock_take(&p->lock);
        if (is_good) {
                p->idle[p->idle_count++] = fd;
        } else {
                (void)close(fd);
                p->all_count--;
        }
        (void)pthread_cond_broadcast(&p->given_back);
        lock_give(&p->lock);
}

/* One question and its answer, which is put to @answer whole. */
static enum ansa_err ask(struct key_process *p, const struct key_question *q, struct buf *answer)
{
        if (q->data.size > KEY_QUESTION_MAX)
                return ANSA_E_LIMIT;
        int fd = borrow(p);
        if (fd < 0)
                return ANSA_E_IO; /* the process is gone */
        uint32_t err = ANSA_E_IO;
        bool ok = key_put_question(fd, q) && key_get_answer(fd, &err, answer);
        give_back(p, fd, ok);
        if (!ok)
                return ANSA_E_IO;
        return err < ANSA_ERR_COUNT ? (enum ansa_err)err : ANSA_E_IO;
}

static enum ansa_err ask_into(struct signer *s, const struct key_question *q, uint8_t *at,
                              size_t room, size_t *size)
{
        const struct asker *asker = (const struct asker *)(const void *)s;
        struct buf answer = buf_over(at, room);
        *size = 0;
        enum ansa_err err = ask(asker->process, q, &answer);
        if (err == ANSA_OK)
                *size = answer.size;
        return err;
}

static enum ansa_err sign(struct signer *s, uint32_t digest_algorithm, struct ansa_bytes message,
                          uint8_t *signature, size_t room, size_t *size)
{
        const struct asker *asker = (const struct asker *)(const void *)s;
        struct key_question q = { asker->ask, digest_algorithm, message };
        return ask_into(s, &q, signature, room, size);
}

static enum ansa_err decrypt(struct signer *s, struct ansa_bytes cipher, uint8_t *at, size_t room,
                             size_t *size)
{
        struct key_question q = { KEY_DECRYPT, 0, cipher };
        return ask_into(s, &q, at, room, size);
}

enum ansa_err key_process_certify(struct key_process *p, uint32_t now_s, struct buf *certificate,
                                  struct buf *key)
{
        struct key_question ask_certificate = { KEY_CERTIFY, now_s, { 0 } };
        struct buf both = buf_secret(KEY_ANSWER_MAX);
        enum ansa_err err = ask(p, &ask_certificate, &both);
        struct cursor c = cursor_over(buf_written(&both));
        if (err == ANSA_OK) {
                buf_bytes(certificate, cursor_block(&c, KEY_ANSWER_MAX));
                buf_bytes(key, cursor_block(&c, KEY_ANSWER_MAX));
                err = cursor_end(&c);
        }
        if (err == ANSA_OK)
                err = certificate->err != ANSA_OK ? certificate->err : key->err;
        buf_fini(&both);
        return err;
}

struct signer *key_process_signer(struct key_process *p)
{
        return &p->site.signer;
}

struct signer *key_process_log_signer(struct key_process *p)
{
        return &p->log.signer;
}

struct ansa_bytes key_process_log_public(const struct key_process *p)
{
        return (struct ansa_bytes){ p->log_key, p->log_size };
}

struct ansa_bytes key_process_public(const struct key_process *p)
{
        return (struct ansa_bytes){ p->public_key, p->public_size };
}

static void close_all(int *fds, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                if (fds[i] >= 0)
                        (void)close(fds[i]);
                fds[i] = -1;
        }
}

static enum ansa_err make_pairs(int ours[KEY_PROCESS_CONNECTIONS],
                                int theirs[KEY_PROCESS_CONNECTIONS])
{
        for (uint32_t i = 0; i < KEY_PROCESS_CONNECTIONS; i++)
                ours[i] = theirs[i] = -1;
        for (uint32_t i = 0; i < KEY_PROCESS_CONNECTIONS; i++) {
                int pair[2];
                struct timeval patience = { .tv_sec = PATIENCE_S };
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
                        return ANSA_E_IO;
                ours[i] = pair[0];
                theirs[i] = pair[1];
                if (setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
                    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
                        return ANSA_E_IO;
        }
        return ANSA_OK;
}

/* Its first words: the public key, or why it has none to offer. */
static enum ansa_err hear_greeting(struct key_process *p, struct key_problem *problem)
{
        uint8_t at[KEY_PUBLIC_MAX + 64];
        struct buf answer = buf_over(at, sizeof(at));
        uint32_t err = ANSA_E_IO;
        if (!key_get_answer(p->idle[0], &err, &answer)) {
                (void)snprintf(problem->text, sizeof(problem->text), "the key process has ended");
                return ANSA_E_IO;
        }
        if (err != ANSA_OK) {
                (void)snprintf(problem->text, sizeof(problem->text), "%.*s", (int)answer.size, at);
                return err < ANSA_ERR_COUNT ? (enum ansa_err)err : ANSA_E_IO;
        }
        struct cursor c = cursor_over(buf_written(&answer));
        struct ansa_bytes site = cursor_block(&c, sizeof(p->public_key));
        struct ansa_bytes log = cursor_block(&c, sizeof(p->log_key));
        if (cursor_end(&c) != ANSA_OK || (log.size != 0 && log.size != sizeof(p->log_key)))
                return ANSA_E_IO;
        if (site.size > 0)
                memcpy(p->public_key, site.at, site.size);
        p->public_size = site.size;
        if (log.size > 0)
                memcpy(p->log_key, log.at, log.size);
        p->log_size = log.size;
        return ANSA_OK;
}

enum ansa_err key_process_start(const struct key_process_options *options,
                                struct key_process **process, struct key_problem *problem)
{
        int ours[KEY_PROCESS_CONNECTIONS];
        int theirs[KEY_PROCESS_CONNECTIONS];
        *problem = (struct key_problem){ 0 };
        *process = NULL;
        struct key_process *p = calloc(1, sizeof(*p));
        if (p == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = make_pairs(ours, theirs);
        p->pid = err == ANSA_OK ? fork() : -1;
        if (p->pid == 0) {
                close_all(ours, KEY_PROCESS_CONNECTIONS);
                key_process_inside(options, theirs);
        }
        close_all(theirs, KEY_PROCESS_CONNECTIONS);
        if (p->pid < 0) {
                (void)snprintf(problem->text, sizeof(problem->text), "key process: %s",
                               strerror(errno));
                close_all(ours, KEY_PROCESS_CONNECTIONS);
                free(p);
                return ANSA_E_IO;
        }
        p->site = (struct asker){ { sign, decrypt }, p, KEY_SIGN };
        p->log = (struct asker){ { sign, NULL }, p, KEY_SIGN_LOG };
        lock_init(&p->lock);
        ansa_assert(pthread_cond_init(&p->given_back, NULL) == 0);
        memcpy(p->idle, ours, sizeof(ours));
        p->idle_count = p->all_count = KEY_PROCESS_CONNECTIONS;
        err = hear_greeting(p, problem);
        if (err != ANSA_OK) {
                key_process_stop(p);
                return err;
        }
        *process = p;
        return ANSA_OK;
}

void key_process_stop(struct key_process *p)
{
        if (p == NULL)
                return;
        close_all(p->idle, p->idle_count); /* it ends when the last one is closed */
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        ansa_assert(pthread_cond_destroy(&p->given_back) == 0);
        lock_fini(&p->lock);
        free(p);
}
