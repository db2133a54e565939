/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files (registries 8.4): every operation, every form of a value, and what is refused. */
#include "../support.h"

#include "programs/ansa/batch.h"
#include "wire/codes.h"
#include "wire/data.h"

#include <stdio.h>
#include <unistd.h>

static struct batch batch;

/* Lines of @text up to and with the one that gives a result. NULL *text: the end was told too. */
static enum batch_result feed(const char **text, uint64_t *number)
{
        while (**text != '\0') {
                size_t size = strcspn(*text, "\n");
                uint8_t *line = heap_copy(ansa_bytes_text(*text), size);
                enum batch_result result =
                        batch_line(&batch, ++*number, (struct ansa_bytes){ line, size });
                free(line); /* nothing may be borrowed from it */
                *text += size + ((*text)[size] == '\n');
                if (result != BATCH_MORE)
                        return result;
        }
        return batch_end(&batch);
}

/* The only operation of @text. */
static const struct batch_operation *only(const char *rule, const char *text)
{
        uint64_t number = 0;
        batch_fini(&batch);
        batch_init(&batch);
        if (feed(&text, &number) != BATCH_WHOLE)
                fail_msg("%s: %s", rule, batch.problem);
        assert_int_equal(batch.now.line, 1);
        return &batch.now;
}

static void assert_text(const char *rule, struct ansa_bytes got, const char *want)
{
        assert_bytes(rule, got, ansa_bytes_text(want));
}

static void test_operations_by_name(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                enum batch_kind kind;
                const char *name;
        } rows[] = {
                { "CREATE 10.1/a\n1 URL 86400 1110 UTF8 x\n", BATCH_CREATE, "10.1/a" },
                { "create 10.1/a b\n\n", BATCH_CREATE, "10.1/a b" },
                { "ADD 10.1/a\n2 URL 0 1111 UTF8 x\n\n", BATCH_ADD, "10.1/a" },
                { "MODIFY   10.1/a\n2 URL 0 0000 UTF8 x", BATCH_MODIFY, "10.1/a" },
                { "DELETE 10.1/a\n", BATCH_DELETE, "10.1/a" },
                { "Delete\t10.1/a", BATCH_DELETE, "10.1/a" },
                { "REMOVE 1,2,300:10.1/a:b", BATCH_REMOVE, "10.1/a:b" },
                { "HOME 127.0.0.1:2641:tcp\n0.NA/10.1\n10.2\n", BATCH_HOME, "127.0.0.1:2641:tcp" },
                { "UNHOME h:1:udp\n0.NA/10.1\n", BATCH_UNHOME, "h:1:udp" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct batch_operation *o = only(rows[i].text, rows[i].text);
                assert_int_equal(o->kind, rows[i].kind);
                assert_text(rows[i].text, o->name, rows[i].name);
        }
        const struct batch_operation *o = only("remove", "REMOVE 1,2,4294967295:10.1/a");
        assert_int_equal(o->index_count, 3);
        assert_int_equal(o->indexes[2], 4294967295u);
        o = only("home", "HOME h:1:tcp\n0.NA/10.1\n10.2\n\n");
        assert_int_equal(o->prefix_count, 2);
        assert_text("second prefix", o->prefixes[1], "10.2");
}

static void test_authentication(void **state)
{
        (void)state;
        const struct batch_operation *o =
                only("secret", "AUTHENTICATE SECKEY:300:0.NA/10.1\npass | word\n\n");
        assert_int_equal(o->kind, BATCH_SECRET);
        assert_int_equal(o->key.index, 300);
        assert_text("who", o->key.name, "0.NA/10.1");
        assert_text("secret", o->secret, "pass | word");
        o = only("key", "AUTHENTICATE PUBKEY:300:0.NA/10.1\n/path/to key|pass|word\n");
        assert_int_equal(o->kind, BATCH_KEY);
        assert_text("path", o->path, "/path/to key");
        assert_text("passphrase", o->secret, "pass|word");
        o = only("key without passphrase", "AUTHENTICATE PUBKEY:300:0.NA/10.1\nkey\n");
        assert_text("path", o->path, "key");
        assert_int_equal(o->secret.size, 0);
        o = only("session", "SESSIONSETUP\nUSESESSION:1\nPUBEXNGKEYFILE:x\nTIMEOUT:24\n");
        assert_true(o->kind == BATCH_SESSION && o->use_session);
        o = only("no session", "SESSIONSETUP\nUSESESSION:0\n");
        assert_true(o->kind == BATCH_SESSION && !o->use_session);
}

static void test_forms_of_values(void **state)
{
        (void)state;
        const struct batch_operation *o =
                only("text", "CREATE 10.1/a\n4294967295 URL.x 4294967295 1010 UTF8 two  words \n");
        assert_int_equal(o->value_count, 1);
        assert_int_equal(o->values[0].index, 4294967295u);
        assert_int_equal(o->values[0].ttl_s, 4294967295u);
        assert_int_equal(o->values[0].permissions, 0x0a);
        assert_text("type", o->values[0].type, "URL.x");
        assert_text("data", o->values[0].data, "two  words ");
        o = only("no text", "CREATE 10.1/a\n1 URL 0 1110 UTF8\n");
        assert_int_equal(o->values[0].data.size, 0);

        static const struct {
                const char *flags;
                uint16_t rights;
        } flags[] = {
                { "100000000000", RIGHT_CREATE },
                { "010000000000", RIGHT_DELETE },
                { "001000000000", RIGHT_ADD_PREFIX },
                { "000100000000", RIGHT_DELETE_PREFIX },
                { "000010000000", RIGHT_MODIFY_VALUE },
                { "000001000000", RIGHT_REMOVE_VALUE },
                { "000000100000", RIGHT_ADD_VALUE },
                { "000000010000", RIGHT_READ_VALUE },
                { "000000001000", RIGHT_MODIFY_ADMIN },
                { "000000000100", RIGHT_REMOVE_ADMIN },
                { "000000000010", RIGHT_ADD_ADMIN },
                { "000000000001", RIGHT_LIST },
                { "000000000000", 0 },
                { "111111111111", 0x0fff },
        };
        for (size_t i = 0; i < COUNT_OF(flags); i++) {
                char text[128];
                struct admin_data admin;
                (void)snprintf(text, sizeof(text),
                               "CREATE 10.1/a\n100 HS_ADMIN 86400 1110 ADMIN 300:%s:0.NA/10.1:x\n",
                               flags[i].flags);
                o = only(flags[i].flags, text);
                assert_err("admin", admin_data_decode(o->values[0].data, &admin), ANSA_OK);
                assert_int_equal(admin.rights, flags[i].rights);
                assert_int_equal(admin.admin.index, 300);
                assert_text("administrator", admin.admin.name, "0.NA/10.1:x");
        }

        struct ansa_refs refs;
        struct ansa_ref ref;
        o = only("list", "CREATE 10.1/a\n200 HS_VLIST 86400 1110 LIST 300:10.1/b;301:10.1/c;\n");
        assert_err("list", vlist_decode(o->values[0].data, &refs), ANSA_OK);
        assert_err("first", ansa_refs_next(&refs, &ref), ANSA_OK);
        assert_text("first", ref.name, "10.1/b");
        assert_err("second", ansa_refs_next(&refs, &ref), ANSA_OK);
        assert_int_equal(ref.index, 301);
        assert_err("end", ansa_refs_next(&refs, &ref), ANSA_E_NOT_FOUND);
}

static void test_files(void **state)
{
        (void)state;
        char path[] = "/tmp/ansa-batch-XXXXXX";
        char text[256];
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "\0\1\2", 3), 3);
        (void)close(fd);
        (void)snprintf(text, sizeof(text), "CREATE 10.1/a\n1 X 0 1110 FILE %s\n", path);
        const struct batch_operation *o = only("file", text);
        assert_bytes("file", o->values[0].data,
                     (struct ansa_bytes){ (const uint8_t *)"\0\1\2", 3 });
        (void)unlink(path);
        const char *at = text;
        uint64_t number = 0;
        batch_fini(&batch);
        batch_init(&batch);
        assert_int_equal(feed(&at, &number), BATCH_PROBLEM);
        assert_non_null(strstr(batch.problem, path));
        at = "CREATE 10.1/a\n1 X 0 1110 FILE /dev/zero\n"; /* it has no end */
        number = 0;
        (void)batch_line(&batch, 9, (struct ansa_bytes){ 0 });
        assert_int_equal(feed(&at, &number), BATCH_PROBLEM);
}

/* Each is left out with a reason, and the operation behind it is taken. */
static void test_bad_operations(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                const char *problem;
        } rows[] = {
                { "NONSENSE 10.1/a\n", "an operation is wanted" },
                { "CREATED 10.1/a\n", "an operation is wanted" },
                { " CREATE 10.1/a\n", "an operation is wanted" },
                { "1 URL 86400 1110 UTF8 x\n", "an operation is wanted" },
                { "CREATE\n", "CREATE wants a name" },
                { "DELETE \n", "DELETE wants a name" },
                { "HOME\n10.1\n", "HOME wants a name" },
                { "REMOVE 10.1/a\n", "REMOVE wants" },
                { "REMOVE 1\n", "REMOVE wants" },
                { "REMOVE 1:\n", "REMOVE wants" },
                { "REMOVE :10.1/a\n", "REMOVE wants" },
                { "REMOVE 1,,2:10.1/a\n", "REMOVE wants" },
                { "REMOVE 1,x:10.1/a\n", "REMOVE wants" },
                { "REMOVE 4294967296:10.1/a\n", "REMOVE wants" },
                { "REMOVE\n", "REMOVE wants" },
                { "AUTHENTICATE\n", "AUTHENTICATE wants" },
                { "AUTHENTICATE KEY:300:10.1/a\nx\n", "AUTHENTICATE wants" },
                { "CREATE 10.1/a\nx URL 86400 1110 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n0 URL 86400 1110 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n-1 URL 86400 1110 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n4294967296 URL 86400 1110 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n1 URL x 1110 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n1 URL 86400 111 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n1 URL 86400 11100 UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n1 URL 86400 rwr- UTF8 x\n", "a value is" },
                { "CREATE 10.1/a\n1 URL\n", "a value is" },
                { "CREATE 10.1/a\n1 URL 86400 1110 UTF16 x\n", "data is" },
                { "CREATE 10.1/a\n1 URL 86400 1110\n", "data is" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN 300:11111111111:10.1/a\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN 300:1111111111111:10.1/a\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN 300:11111111111x:10.1/a\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN x:111111111111:10.1/a\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN 300:111111111111:\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 HS_ADMIN 0 1110 ADMIN\n", "ADMIN wants" },
                { "ADD 10.1/a\n1 X 0 1110 FILE /nonexistent\n", "FILE /nonexistent" },
                { "ADD 10.1/a\n1 X 0 1110 FILE\n", "FILE" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char text[512];
                (void)snprintf(
                        text, sizeof(text),
                        "%s2 URL 86400 1110 UTF8 belongs to what was left out\n\nDELETE 10.1/next\n",
                        rows[i].text);
                const char *at = text;
                uint64_t number = 0;
                batch_fini(&batch);
                batch_init(&batch);
                if (feed(&at, &number) != BATCH_PROBLEM)
                        fail_msg("%s: was taken", rows[i].text);
                if (strstr(batch.problem, rows[i].problem) == NULL)
                        fail_msg("%s: \"%s\"", rows[i].text, batch.problem);
                if (feed(&at, &number) != BATCH_WHOLE || batch.now.kind != BATCH_DELETE)
                        fail_msg("%s: the next one: %s", rows[i].text, batch.problem);
                assert_text(rows[i].text, batch.now.name, "10.1/next");
                assert_int_equal(feed(&at, &number), BATCH_MORE);
        }
}

static void test_limits(void **state)
{
        (void)state;
        char line[64];
        batch_fini(&batch);
        batch_init(&batch);
        assert_int_equal(batch_line(&batch, 1, ansa_bytes_text("CREATE 10.1/a")), BATCH_MORE);
        for (uint32_t i = 1; i <= BATCH_VALUES_MAX + 1; i++) {
                (void)snprintf(line, sizeof(line), "%u URL 86400 1110 UTF8 x", i);
                enum batch_result result = batch_line(&batch, 1 + i, ansa_bytes_text(line));
                assert_int_equal(result, i <= BATCH_VALUES_MAX ? BATCH_MORE : BATCH_PROBLEM);
        }
        /* An operation too large for its memory ends itself, not the others. */
        static char large[5u << 20];
        memset(large, 'x', sizeof(large) - 1);
        memcpy(large, "1 URL 86400 1110 UTF8 ", 22);
        batch_fini(&batch);
        batch_init(&batch);
        enum batch_result result = batch_line(&batch, 1, ansa_bytes_text("CREATE 10.1/a"));
        for (uint64_t i = 2; i < 10 && result == BATCH_MORE; i++)
                result = batch_line(&batch, i, ansa_bytes_text(large));
        assert_int_equal(result, BATCH_PROBLEM);
        assert_int_equal(batch_line(&batch, 10, (struct ansa_bytes){ 0 }), BATCH_MORE);
        assert_int_equal(batch_line(&batch, 11, ansa_bytes_text("DELETE 10.1/b")), BATCH_WHOLE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_operations_by_name), cmocka_unit_test(test_authentication),
                cmocka_unit_test(test_forms_of_values),    cmocka_unit_test(test_files),
                cmocka_unit_test(test_bad_operations),     cmocka_unit_test(test_limits),
        };
        batch_init(&batch);
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        batch_fini(&batch);
        return failed;
}
