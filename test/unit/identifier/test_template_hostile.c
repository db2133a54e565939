/* SPDX-License-Identifier: Apache-2.0 */
/* Computed identifiers (irp-service 8): documents and names that mean ill, and the limits. */
#include "template_world.h"

#include <time.h>

/* Repeats @piece until @text has @size octets or more. */
static size_t repeat(char *text, size_t at, size_t size, const char *piece)
{
        while (at < size) {
                memcpy(text + at, piece, strlen(piece));
                at += strlen(piece);
        }
        return at;
}

static void hostile_documents_make_nothing(void **state)
{
        struct world *w = *state;
        static const char *const documents[] = {
                "",
                "<",
                "<namespace>",
                "<namespace/><namespace/>",
                "not XML",
                "<!DOCTYPE namespace><namespace><template delimiter='@'><value type='T' data='d'/>"
                "</template></namespace>",
                "<!DOCTYPE n [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><namespace>"
                "<template delimiter='@'><value type='T' data='&b;'/></template></namespace>",
                "<!DOCTYPE n SYSTEM 'file:///etc/passwd'><namespace/>",
                "<namespace><template delimiter='@'><value type='T' data='&unknown;'/></template>"
                "</namespace>",
                "<namespace a='1' a='2'><template delimiter='@'/></namespace>",
                "<namespace><template delimiter='@'>\xff\xfe</template></namespace>",
        };
        for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
                put_namespace(w, PREFIX, documents[i]);
                assert_string_equal(resolve(w, "1234/abc@e"), "none");
        }
        static char big[300000];
        size_t at = repeat(big, 0, 400, "<namespace><template delimiter='@'>"); /* deep */
        big[at] = 0;
        put_namespace(w, PREFIX, big);
        assert_string_equal(resolve(w, "1234/abc@e"), "none");

        static const struct {
                const char *what;
                const char *piece;
                size_t size;
        } bodies[] = {
                { "large", "<!-- -->", 70000 },
                { "many elements", "<a/>", 20000 },
                { "many attributes of many", "<a b='' c='' d=''/>", 30000 },
        };
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
                at = (size_t)snprintf(big, sizeof(big),
                                      "<namespace><template delimiter='@'>"
                                      "<value type='T' data='d'/>");
                at = repeat(big, at, bodies[i].size, bodies[i].piece);
                (void)snprintf(big + at, sizeof(big) - at, "</template></namespace>");
                put_namespace(w, PREFIX, big);
                if (strcmp(resolve(w, "1234/abc@e"), "none") != 0)
                        fail_msg("%s", bodies[i].what);
        }
}

static double seconds(void)
{
        struct timespec t;
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void hostile_work_is_bounded(void **state)
{
        struct world *w = *state;
        struct ansa_values values = { 0 };
        static char big[60000];
        memset(big, 'a', sizeof(big) - 1);
        for (uint32_t i = 1; i <= 400; i++)
                world_value(w, &values, i, "URL", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab!");
        world_put(w, "1234/many", values);
        world_put_one(w, "1234/big", 1, "URL", big);

        char name[1100] = "1234/many@";
        memset(name + 10, 'a', 1000);
        memcpy(name + 1008, "b!", 2); /* what the expressions want, but not at the end */
        static const char *const bodies[] = {
                /* expressions that backtrack for ever, once and for each of 400 values */
                "<if test='matches' expression='(a+)+b'/>",
                "<if test='matches' expression='(a|aa)*b'/>",
                "<if test='matches' expression='((a*)*)*b'/>",
                "<if test='matches' expression='(.*)(.*)(.*)(.*)(.*)(.*)b'/>",
                "<if test='matches' expression='(?:(?=(a+))a*?)+b'/>",
                "<if test='matches' expression='((((((((((a{1,99}){1,99}){1,99}){1,99})))))))b'/>",
                "<if test='matches' expression='(?R)*b'/>",
                "<foreach><if value='data' test='matches' expression='(a|aa)+b'/></foreach>",
                /* values that grow */
                "<def parameter='a'><value data='${extension}${extension}'/></def>"
                "<def parameter='b'><value data='${a}${a}${a}${a}${a}${a}${a}${a}'/></def>"
                "<def parameter='c'><value data='${b}${b}${b}${b}${b}${b}${b}${b}'/></def>"
                "<def parameter='d'><value data='${c}${c}${c}${c}${c}${c}${c}${c}'/></def>",
                ("<foreach><def parameter='q'><value data='${extension}${extension}${extension}'/>"
                 "</def><value data='${q}${q}${q}${q}${q}${q}${q}${q}'/></foreach>"),
        };
        double start = seconds();
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
                char document[2048];
                (void)snprintf(document, sizeof(document), NS("%s"), bodies[i]);
                put_namespace(w, PREFIX, document);
                if (strcmp(resolve(w, name), "none") != 0)
                        fail_msg("row %zu", i);
        }
        /* One document that reads itself many times at every level. */
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='@' ref='10:1234/t'/></namespace>");
        static char fork[4000] = "<any>";
        size_t at = repeat(fork, 5, 3900, "<template ref='10:1234/t'/>");
        (void)snprintf(fork + at, sizeof(fork) - at, "</any>");
        world_put_one(w, "1234/t", 10, "X", fork);
        assert_string_equal(resolve(w, "1234/a@e"), "none");
        assert_true(seconds() - start < 20); /* a sanitizer and a busy machine included */

        /* An expression of ordinary kind still works on a long name. */
        put_namespace(w, PREFIX,
                      NS("<if test='matches' expression='a*b(.)'>"
                         "<value type='T' data='$1'/></if>"));
        assert_string_equal(resolve(w, name), "1:T=!");
}

static void values_have_a_maximum(void **state)
{
        struct world *w = *state;
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "URL", "x");
        world_put(w, "1234/one", values);
        static char big[60000];
        size_t at = (size_t)snprintf(big, sizeof(big), "<namespace><template delimiter='@'>");
        for (unsigned i = 0; i < 1365; i++) /* each takes three of 4,096 nodes */
                at += (size_t)snprintf(big + at, sizeof(big) - at, "<value type='' data=''/>");
        (void)snprintf(big + at, sizeof(big) - at, "</template></namespace>");
        put_namespace(w, PREFIX, big);
        world_look(w);
        assert_int_equal(template_resolve(&w->view, LIT("1234/one@"), &values), RC_NOT_FOUND);

        big[at - strlen("<value type='' data=''/>") * 2] = 0; /* two fewer fit */
        strcat(big, "</template></namespace>");
        put_namespace(w, PREFIX, big);
        world_look(w);
        assert_int_equal(template_resolve(&w->view, LIT("1234/one@"), &values), RC_SUCCESS);
        assert_int_equal(values.count, 1363);
}

static void odd_names_are_not_computed(void **state)
{
        struct world *w = *state;
        put_namespace(w, PREFIX, NS("<value type='T' data='d'/>"));
        struct ansa_values values;
        world_look(w);
        assert_int_equal(template_resolve(&w->view, (struct ansa_bytes){ 0 }, &values),
                         RC_NOT_FOUND);
        assert_string_equal(resolve(w, "1234"), "none");
        assert_string_equal(resolve(w, "1234@e"), "none");
        assert_string_equal(resolve(w, "/@"), "none");
        assert_string_equal(resolve(w, "12@34/a"), "none"); /* a delimiter within a prefix */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(hostile_documents_make_nothing),
                TEST(hostile_work_is_bounded),
                TEST(values_have_a_maximum),
                TEST(odd_names_are_not_computed),
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/template_hostile", tests, NULL, NULL);
}
