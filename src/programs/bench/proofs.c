/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs of the records of a home, made afresh and checked, by one thread: how many in a second of
 * its processor, and how many octets they have beside the values. Signatures are neither made nor
 * checked: a server needs one a checkpoint, and what a client needs for them is OpenSSL's.
 */
#include "ansa/proof.h"
#include "crypto/hasher.h"
#include "identifier/prove.h"
#include "identifier/record.h"
#include "programs/bench/bench.h"
#include "programs/home.h"
#include "store/engines.h"
#include "wire/bundle.h"
#include "wire/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAMES_MAX   200000u
#define BUNDLE_ROOM 262144u
#define ORIGIN      "log.example/bench"
#define MAP_SIZE    ((uint64_t)1 << 40) /* octets; more than any store */

struct proof_load {
        const struct bench_options *o;
        struct store *store;
        struct store_txn *txn;
        struct prove_checkpoint checkpoint;
        struct ansa_policy policy;
        struct ansa_bytes *names; /* each its own allocation */
        size_t name_count;
};

struct proof_figures {
        uint64_t count;
        double seconds;
        uint64_t octets_beside; /* the values that are shown */
        uint64_t octets_beside_max;
};

static bool complain(const char *what, enum ansa_err err)
{
        (void)fprintf(stderr, "ansa-bench: %s: %s\n", what, ansa_err_text(err));
        return false;
}

static bool open_home_store(struct proof_load *l)
{
        char path[4096];
        const struct store_lmdb_options options = { .map_size = MAP_SIZE,
                                                    .readers = 2,
                                                    .read_only = true };
        enum ansa_err err = home_path(l->o->home, HOME_STORE, path, sizeof(path));
        if (err == ANSA_OK)
                err = store_lmdb_open(path, &options, &l->store);
        if (err == ANSA_OK)
                err = store_begin(l->store, STORE_READ, &l->txn);
        return err == ANSA_OK || complain(l->o->home, err);
}

/* Names from all over the table: every so many-th. */
static bool load_names(struct proof_load *l)
{
        struct store_stat stat;
        struct ansa_bytes from = { 0 };
        struct ansa_bytes stored;
        struct ansa_bytes key;
        enum ansa_err err = store_stat(l->txn, &stat);
        uint64_t stride = stat.entries[STORE_RECORDS] / NAMES_MAX + 1;
        l->names = calloc(NAMES_MAX, sizeof(*l->names));
        if (l->names == NULL)
                return complain("names", ANSA_E_NO_MEMORY);
        for (uint64_t i = 0; err == ANSA_OK; i++, from = key) {
                struct record r;
                err = store_seek(l->txn, STORE_RECORDS, from, from.size > 0, &key, &stored);
                if (err != ANSA_OK || i % stride != 0 || l->name_count == NAMES_MAX ||
                    record_decode(key, stored, &r) != ANSA_OK)
                        continue;
                uint8_t *copy = malloc(r.name.size);
                if (copy == NULL)
                        return complain("names", ANSA_E_NO_MEMORY);
                memcpy(copy, r.name.at, r.name.size);
                l->names[l->name_count++] = (struct ansa_bytes){ copy, r.name.size };
        }
        if (err != ANSA_E_NOT_FOUND)
                return complain("records", err);
        return l->name_count > 0 || complain(l->o->home, ANSA_E_NOT_FOUND);
}

/* A checkpoint of the store's log by a key of ours, and a policy that believes it. */
static bool make_checkpoint(struct proof_load *l)
{
        static char text_at[512]; /* the policy borrows from it */
        static const uint8_t nothing[ED25519_SIGNATURE_SIZE];
        uint8_t note_at[1024];
        uint8_t checkpoint_at[256];
        struct buf note = buf_over(note_at, sizeof(note_at));
        struct buf checkpoint = buf_over(checkpoint_at, sizeof(checkpoint_at));
        struct buf text = buf_over((uint8_t *)text_at, sizeof(text_at));
        struct checkpoint c = { .origin = ANSA_BYTES_LIT(ORIGIN) };
        struct note_key key;
        struct ledger_head head;
        struct ansa_policy_problem problem;
        enum ansa_err err = note_key_make(&crypto_hasher, c.origin, NOTE_ED25519, nothing, &key);
        if (err == ANSA_OK)
                err = ledger_head_read(l->txn, &head);
        if (err != ANSA_OK)
                return complain("the ledger", err);
        c.size = ledger_head_size(&head);
        ledger_head_root(&crypto_hasher, &head, &c.root);
        checkpoint_encode(&c, &checkpoint);
        note_put_text(buf_written(&checkpoint), &note);
        note_put_signature(key.name, key.id, (struct ansa_bytes){ nothing, sizeof(nothing) },
                           &note);
        err = prove_checkpoint_make(&crypto_hasher, &head, buf_written(&note), &l->checkpoint);
        buf_text(&text, "log ");
        note_key_encode(&key, &text);
        buf_text(&text, "\nquorum none\n");
        if (err == ANSA_OK)
                err = ansa_policy_parse(&l->policy, buf_written(&text), ansa_proof_openssl(),
                                        &problem);
        return err == ANSA_OK || complain("the checkpoint", err);
}

static void sha256(void *context, const struct ansa_bytes *parts, size_t count,
                   uint8_t digest[ANSA_PROOF_DIGEST_SIZE])
{
        (void)context;
        ansa_proof_openssl()->sha256(NULL, parts, count, digest);
}

static bool believe(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                    struct ansa_bytes message, const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE])
{
        (void)context;
        return key != NULL && message.size > 0 && signature != NULL;
}

static bool make_one(const struct proof_load *l, struct ansa_bytes name, struct buf *bundle)
{
        const struct prove_question question = {
                .txn = l->txn, .hasher = &crypto_hasher, .checkpoint = &l->checkpoint, .name = name
        };
        buf_reset(bundle);
        enum ansa_err err = prove(&question, bundle);
        return err == ANSA_OK || complain("a proof", err);
}

static bool check_one(const struct proof_load *l, struct ansa_bytes name, struct ansa_bytes bundle,
                      struct ansa_proof *proof)
{
        static const struct ansa_proof_crypto crypto = { sha256, believe, NULL };
        const struct ansa_proof_input input = {
                .bundle = bundle, .name = name, .policy = &l->policy, .crypto = &crypto
        };
        if (ansa_proof_check(&input, proof) == ANSA_OK)
                return true;
        (void)fprintf(stderr, "ansa-bench: the proof %s\n", ansa_proof_step_text(proof->step));
        return false;
}

static void measure_size(struct ansa_bytes bundle, struct ansa_proof proof, struct proof_figures *f)
{
        struct ansa_value value;
        uint32_t position;
        uint64_t beside = bundle.size;
        while (ansa_proof_next(&proof, &position, &value))
                beside -= ansa_value_size(&value);
        f->octets_beside += beside;
        if (beside > f->octets_beside_max)
                f->octets_beside_max = beside;
}

/* Of this thread only, so that what else the machine does has less part in it. */
static uint64_t processor_ns(void)
{
        struct timespec t;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Proofs are made all the time, and every one is checked when @is_checking. */
static bool run(const struct proof_load *l, bool is_checking, struct proof_figures *f)
{
        static uint8_t room[BUNDLE_ROOM];
        struct buf bundle = buf_over(room, sizeof(room));
        uint64_t random = 88172645463325252u;
        uint64_t start = processor_ns();
        for (f->seconds = 0; f->seconds < l->o->seconds; f->count++) {
                struct ansa_bytes name = l->names[bench_random(&random) % l->name_count];
                struct ansa_proof proof;
                if (!make_one(l, name, &bundle))
                        return false;
                if (is_checking) {
                        if (!check_one(l, name, buf_written(&bundle), &proof))
                                return false;
                        measure_size(buf_written(&bundle), proof, f);
                }
                if (f->count % 64 == 0)
                        f->seconds = (double)(processor_ns() - start) / 1e9;
        }
        return true;
}

static void print(const struct proof_load *l, const struct proof_figures *made,
                  const struct proof_figures *checked)
{
        double make_us = 1e6 * made->seconds / (double)made->count;
        double check_us = 1e6 * checked->seconds / (double)checked->count - make_us;
        double mean = (double)checked->octets_beside / (double)checked->count;
        unsigned long long size = l->checkpoint.number + 1;
        unsigned long long most = checked->octets_beside_max;
        if (l->o->json)
                printf("{\"verb\":\"proofs\",\"log\":%llu,\"made_per_s\":%.0f,\"make_us\":%.2f,"
                       "\"check_us\":%.2f,\"octets_beside\":%.1f,\"octets_beside_max\":%llu}\n",
                       size, 1e6 / make_us, make_us, check_us, mean, most);
        else
                printf("log of %llu entries: %.0f proofs/s made (%.1f us each), checked in %.1f us "
                       "without signatures;\noctets beside the values shown, without "
                       "cosignatures: %.0f on average, at most %llu\n",
                       size, 1e6 / make_us, make_us, check_us, mean, most);
}

bool bench_proofs(const struct bench_options *o)
{
        static struct proof_load l; /* static: the policy is large */
        struct proof_figures warm = { 0 };
        struct proof_figures made = { 0 };
        struct proof_figures checked = { 0 };
        l.o = o;
        bool done = open_home_store(&l) && load_names(&l) && make_checkpoint(&l) &&
                    run(&l, false, &warm) && run(&l, false, &made) && run(&l, true, &checked);
        if (done)
                print(&l, &made, &checked);
        for (size_t i = 0; i < l.name_count; i++)
                free((void *)(uintptr_t)l.names[i].at);
        free(l.names);
        prove_checkpoint_fini(&l.checkpoint);
        store_abort(l.txn);
        store_close(l.store);
        return done;
}
