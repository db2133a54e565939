/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs made from a store are accepted by libansa, and one made from an edited store is not. */
#include "world.h"

#include "ansa/proof.h"
#include "crypto/hasher.h"
#include "crypto/key.h"
#include "identifier/prove.h"
#include "wire/bundle.h"
#include "wire/checkpoint.h"

#define ORIGIN  "log.example/prove"
#define RECORDS 400u

static const struct hasher *const h = &crypto_hasher;
static struct world w;
static struct crypto_key *key;
static struct note_key note_key;
static struct ansa_policy policy;
static char policy_text[256];

static int setup(void **state)
{
        (void)state;
        static const uint8_t seed[32] = { 9 };
        const struct ansa_key secret = { .kind = ANSA_KEY_ED25519,
                                         .is_private = true,
                                         .part_count = 1,
                                         .part = { { seed, sizeof(seed) } } };
        struct ansa_key parts;
        struct ansa_policy_problem problem;
        struct buf b = buf_over((uint8_t *)policy_text, sizeof(policy_text));
        world_init(&w, NULL);
        assert_int_equal(crypto_key_new(&secret, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, false, &w.arena, &parts), ANSA_OK);
        assert_int_equal(
                note_key_make(h, ANSA_BYTES_LIT(ORIGIN), NOTE_ED25519, parts.part[0].at, &note_key),
                ANSA_OK);
        buf_text(&b, "log ");
        note_key_encode(&note_key, &b);
        buf_text(&b, "\nquorum none\n");
        assert_int_equal(
                ansa_policy_parse(&policy, buf_written(&b), ansa_proof_openssl(), &problem),
                ANSA_OK);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        crypto_key_free(key);
        world_fini(&w);
        return 0;
}

static void sign(const struct ledger_head *head, struct buf *note)
{
        uint8_t at[256];
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        struct buf text = buf_over(at, sizeof(at));
        struct checkpoint c = { .origin = ANSA_BYTES_LIT(ORIGIN), .size = ledger_head_size(head) };
        ledger_head_root(h, head, &c.root);
        checkpoint_encode(&c, &text);
        const struct ansa_bytes part = buf_written(&text);
        assert_int_equal(
                crypto_sign(key, ALGORITHM_SHA256, &part, 1, signature, sizeof(signature), &size),
                ANSA_OK);
        note_put_text(part, note);
        note_put_signature(note_key.name, note_key.id, (struct ansa_bytes){ signature, size },
                           note);
        assert_int_equal(note->err, ANSA_OK);
}

/* A snapshot, and its checkpoint. */
struct moment {
        struct store_txn *txn;
        struct prove_checkpoint checkpoint;
};

static struct moment now(void)
{
        struct moment m = { 0 };
        struct ledger_head head;
        struct buf note = buf_growing(4096);
        assert_int_equal(store_begin(w.store, STORE_READ, &m.txn), ANSA_OK);
        assert_int_equal(ledger_head_read(m.txn, &head), ANSA_OK);
        sign(&head, &note);
        assert_int_equal(prove_checkpoint_make(h, &head, buf_written(&note), &m.checkpoint),
                         ANSA_OK);
        buf_fini(&note);
        return m;
}

static void past(struct moment *m)
{
        prove_checkpoint_fini(&m->checkpoint);
        store_abort(m->txn);
}

static struct prove_question question_of(const struct moment *m, const char *name)
{
        return (struct prove_question){ .txn = m->txn,
                                        .hasher = h,
                                        .checkpoint = &m->checkpoint,
                                        .case_sensitive = w.settings.config.case_sensitive,
                                        .name = ansa_bytes_text(name) };
}

static uint8_t octets[65536];

static struct buf prove_it(const struct prove_question *q, enum ansa_err want)
{
        struct buf b = buf_over(octets, sizeof(octets));
        char name[64];
        (void)snprintf(name, sizeof(name), "%.*s", (int)q->name.size, (const char *)q->name.at);
        if (prove(q, &b) != want)
                fail_msg("%s: not \"%s\"", name, ansa_err_text(want));
        return b;
}

static enum ansa_err check(const struct buf *b, struct ansa_bytes name, struct ansa_proof *proof)
{
        const struct ansa_proof_input input = { .bundle = buf_written(b),
                                                .name = name,
                                                .policy = &policy,
                                                .crypto = ansa_proof_openssl() };
        return ansa_proof_check(&input, proof);
}

static struct ansa_proof good(const struct prove_question *q)
{
        struct ansa_proof p;
        struct buf b = prove_it(q, ANSA_OK);
        if (check(&b, q->name, &p) != ANSA_OK)
                fail_msg("%.*s: the proof %s", (int)q->name.size, (const char *)q->name.at,
                         ansa_proof_step_text(p.step));
        return p;
}

static void records_and_absences(void **state)
{
        (void)state;
        char name[32];
        char values[64];
        world_home(&w, "0.NA/35.TEST");
        for (unsigned i = 0; i < RECORDS; i++) {
                (void)snprintf(name, sizeof(name), "35.TEST/n%u", i);
                (void)snprintf(values, sizeof(values), "1 URL http://a/%u; 2 EMAIL/e a@b", i);
                world_put(&w, name, values);
        }
        struct bulk_change deletion = { .kind = BULK_DELETE, .name = ANSA_BYTES_LIT("35.TEST/n7") };
        size_t failed;
        assert_int_equal(identifier_bulk(&w.writer, &deletion, 1, &failed), ANSA_OK);
        struct moment m = now();
        for (unsigned i = 0; i < RECORDS + 100; i++) {
                (void)snprintf(name, sizeof(name), "35.test/N%u", i);
                struct prove_question q = question_of(&m, name);
                struct ansa_proof p = good(&q);
                bool is_there = i < RECORDS && i != 7;
                assert_int_equal(p.is_record, is_there);
                assert_int_equal(p.shown_count, is_there ? 2 : 0);
                assert_int_equal(p.has_all_public, is_there);
                assert_int_equal(p.time_s, NOW_S);
                if (!is_there)
                        continue;
                uint32_t position;
                struct ansa_value v;
                assert_true(ansa_proof_next(&p, &position, &v));
                (void)snprintf(values, sizeof(values), "http://a/%u", i);
                assert_true(ansa_bytes_equal(v.data, ansa_bytes_text(values)));
        }
        past(&m);
}

static bool is_url(const void *context, const struct ansa_value *value)
{
        return ansa_bytes_equal(value->type, ansa_bytes_text(context));
}

static void parts_of_records(void **state)
{
        (void)state;
        world_put(&w, "35.TEST/MANY",
                  "1 URL http://a; 2 EMAIL/e a@b; 3 HS_SECKEY/c one; 4 URL http://b; 5 DESC d;"
                  "6 HS_SECKEY/c two; 7 URL http://c");
        world_put(&w, "35.TEST/HIDDEN", "3 HS_SECKEY/c one");
        struct moment m = now();
        static const struct {
                const char *name;
                const char *type;
                bool wants_private;
                uint32_t shown;
                bool has_all_public;
        } rows[] = {
                { "35.TEST/MANY", NULL, false, 5, true },
                { "35.TEST/MANY", NULL, true, 7, true },
                { "35.TEST/MANY", "URL", false, 3, false },
                { "35.TEST/MANY", "HS_SECKEY", false, 0, false },
                { "35.TEST/MANY", "HS_SECKEY", true, 2, false },
                { "35.TEST/HIDDEN", NULL, false, 0, true },
                { "35.TEST/HIDDEN", NULL, true, 1, true },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct prove_question q = question_of(&m, rows[i].name);
                uint32_t position;
                struct ansa_value v;
                q.is_selected = rows[i].type != NULL ? is_url : NULL;
                q.context = rows[i].type;
                q.wants_private = rows[i].wants_private;
                struct ansa_proof p = good(&q);
                assert_int_equal(p.shown_count, rows[i].shown);
                assert_int_equal(p.has_all_public, rows[i].has_all_public);
                while (ansa_proof_next(&p, &position, &v)) {
                        assert_true(rows[i].wants_private ||
                                    (v.permissions & ANSA_PERM_PUBLIC_READ) != 0);
                        assert_true(rows[i].type == NULL || is_url(rows[i].type, &v));
                }
        }
        past(&m);
}

static void long_names(void **state)
{
        (void)state;
        static char name[2049] = "35.TEST/";
        memset(name + 8, 'x', sizeof(name) - 9);
        world_put(&w, name, "1 URL http://long");
        struct moment m = now();
        struct prove_question q = question_of(&m, name);
        struct ansa_proof p = good(&q);
        assert_int_equal(p.is_record, 1);
        assert_int_equal(p.name.size, 2048);
        name[2047] = 'y';
        p = good(&q);
        assert_int_equal(p.is_record, 0);
        q = question_of(&m, "");
        (void)prove_it(&q, ANSA_E_ARGUMENT);
        q.name = (struct ansa_bytes){ (const uint8_t *)name, 2049 };
        (void)prove_it(&q, ANSA_E_ARGUMENT);
        q = question_of(&m, "35.TEST/a\tb");
        (void)prove_it(&q, ANSA_E_ARGUMENT);
        past(&m);
}

static void text_of_it(void **state)
{
        (void)state;
        static uint8_t text_at[65536];
        static uint8_t room[65536];
        struct moment m = now();
        struct prove_question q = question_of(&m, "35.TEST/n1");
        struct buf b = prove_it(&q, ANSA_OK);
        struct buf text = buf_over(text_at, sizeof(text_at));
        struct bundle bundle;
        struct hash256 root;
        struct ledger_head head;
        assert_int_equal(bundle_decode(buf_written(&b), &bundle), ANSA_OK);
        assert_int_equal(ledger_head_read(m.txn, &head), ANSA_OK);
        ledger_head_root(h, &head, &root);
        bundle_put_text(&bundle, &root, &text);
        struct ansa_proof p;
        const struct ansa_proof_input input = { .bundle = buf_written(&text),
                                                .policy = &policy,
                                                .crypto = ansa_proof_openssl(),
                                                .room = room,
                                                .room_size = sizeof(room) };
        assert_int_equal(ansa_proof_check(&input, &p), ANSA_OK);
        assert_int_equal(p.is_record, 1);
        past(&m);
}

static void another_moment(void **state)
{
        (void)state;
        struct moment before = now();
        world_put(&w, "35.TEST/LATER", "1 URL http://later");
        struct moment after = now();
        struct ledger_head head;
        struct prove_checkpoint wrong;
        struct buf note = buf_growing(4096);
        struct prove_question q = question_of(&before, "35.TEST/LATER");
        assert_int_equal(good(&q).is_record, 0);
        q.txn = after.txn;
        (void)prove_it(&q, ANSA_E_BUSY);
        q.checkpoint = &after.checkpoint;
        assert_int_equal(good(&q).is_record, 1);
        /* a checkpoint of another head */
        assert_int_equal(ledger_head_read(before.txn, &head), ANSA_OK);
        sign(&head, &note);
        assert_int_equal(ledger_head_read(after.txn, &head), ANSA_OK);
        assert_int_equal(prove_checkpoint_make(h, &head, buf_written(&note), &wrong),
                         ANSA_E_ARGUMENT);
        assert_int_equal(prove_checkpoint_make(h, &head, ANSA_BYTES_LIT("no note"), &wrong),
                         ANSA_E_ARGUMENT);
        prove_checkpoint_fini(&wrong);
        buf_fini(&note);
        past(&before);
        past(&after);
}

static void edit(const char *name, struct ansa_bytes stored)
{
        struct store_txn *txn;
        uint8_t at[STORE_KEY_SIZE_MAX];
        size_t size = 0;
        assert_int_equal(record_key(ansa_bytes_text(name), false, at, &size), ANSA_OK);
        const struct ansa_bytes in = { at, size };
        assert_int_equal(store_begin(w.store, STORE_WRITE, &txn), ANSA_OK);
        assert_int_equal(stored.size > 0 ? store_put(txn, STORE_RECORDS, in, stored)
                                         : store_del(txn, STORE_RECORDS, in),
                         ANSA_OK);
        assert_int_equal(store_commit(txn), ANSA_OK);
}

/* The operator's hand in the database: nothing of it can be proven. */
static void edited_by_hand(void **state)
{
        (void)state;
        uint8_t at[STORE_KEY_SIZE_MAX];
        size_t size = 0;
        struct ansa_bytes stored;
        struct moment m = now();
        assert_int_equal(record_key(ANSA_BYTES_LIT("35.TEST/n3"), false, at, &size), ANSA_OK);
        assert_int_equal(store_get(m.txn, STORE_RECORDS, (struct ansa_bytes){ at, size }, &stored),
                         ANSA_OK);
        uint8_t *copy = malloc(stored.size);
        assert_non_null(copy);
        memcpy(copy, stored.at, stored.size);
        size = stored.size;
        past(&m);
        /* another URL */
        for (size_t i = 0; i + 8 < size; i++) {
                if (memcmp(copy + i, "http://a", 8) == 0)
                        copy[i + 7] = 'e';
        }
        edit("35.TEST/n3", (struct ansa_bytes){ copy, size });
        m = now();
        struct ansa_proof p;
        struct prove_question q = question_of(&m, "35.TEST/n3");
        struct buf b = prove_it(&q, ANSA_OK);
        assert_int_equal(check(&b, q.name, &p), ANSA_E_UNAUTHENTIC);
        past(&m);
        /* the record of another name */
        edit("35.TEST/NEW", (struct ansa_bytes){ copy, size });
        edit("35.TEST/n4", (struct ansa_bytes){ 0 });
        m = now();
        q = question_of(&m, "35.TEST/NEW");
        (void)prove_it(&q, ANSA_E_CORRUPT);
        q = question_of(&m, "35.TEST/n4");
        (void)prove_it(&q, ANSA_E_CORRUPT);
        past(&m);
        /* one without salt: 0 flags, counts 0, 0, size 0 */
        edit("35.TEST/NEW", (struct ansa_bytes){ (const uint8_t *)"\0\0\0\0\0\0\0\0\0", 9 });
        m = now();
        q = question_of(&m, "35.TEST/NEW");
        (void)prove_it(&q, ANSA_E_UNSUPPORTED);
        past(&m);
        free(copy);
}

static void no_ledger(void **state)
{
        (void)state;
        struct store *store;
        struct prove_checkpoint none = { 0 };
        struct prove_question q = { .hasher = h,
                                    .checkpoint = &none,
                                    .name = ANSA_BYTES_LIT("35.TEST/a") };
        assert_int_equal(store_memory_open(&store), ANSA_OK);
        assert_int_equal(store_begin(store, STORE_READ, &q.txn), ANSA_OK);
        (void)prove_it(&q, ANSA_E_NOT_FOUND);
        store_abort(q.txn);
        store_close(store);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(records_and_absences),
                cmocka_unit_test(parts_of_records),
                cmocka_unit_test(long_names),
                cmocka_unit_test(text_of_it),
                cmocka_unit_test(another_moment),
                cmocka_unit_test(edited_by_hand),
                cmocka_unit_test(no_ledger),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
