/* SPDX-License-Identifier: Apache-2.0 */
/* Small XML documents: what is read, what is refused, and what is written again. */
#include "../support.h"

#include "wire/xml.h"

#define ARENA_MAX (8u << 20)

static const struct row {
        const char *rule;
        const char *document;
        enum ansa_err err;
        const char *inside; /* the root's children, written again */
} rows[] = {
        /* clang-format off */
        { "empty element",       "<a/>",                                   ANSA_OK, "" },
        { "text",                "<a>x</a>",                               ANSA_OK, "x" },
        { "elements in order",   "<a><b/>t<c d='e'>f</c></a>",             ANSA_OK, "<b/>t<c d=\"e\">f</c>" },
        { "attributes in order", "<a><b y='1' x='2'/></a>",                ANSA_OK, "<b y=\"1\" x=\"2\"/>" },
        { "the five entities",   "<a>&lt;&gt;&amp;&quot;&apos;</a>",       ANSA_OK, "&lt;&gt;&amp;&quot;'" },
        { "character reference", "<a>&#x41;&#233;</a>",                    ANSA_OK, "A\xc3\xa9" },
        { "CDATA is text",       "<a><![CDATA[<b/>]]></a>",                ANSA_OK, "&lt;b/&gt;" },
        { "comments are left out", "<a>x<!-- y -->z</a>",                  ANSA_OK, "xz" },
        { "instructions are left out", "<a>x<?y z?></a>",                  ANSA_OK, "x" },
        { "declaration",         "<?xml version='1.0' encoding='UTF-8'?>\n<a>x</a>", ANSA_OK, "x" },
        { "byte order mark",     "\xef\xbb\xbf<a>x</a>",                   ANSA_OK, "x" },
        { "Latin-1 as declared", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", ANSA_OK, "\xc3\xa9" },
        { "names have their prefixes", "<x:a><x:b/></x:a>",                ANSA_OK, "<x:b/>" },

        { "nothing",             "",                                       ANSA_E_MALFORMED, NULL },
        { "no element",          "text",                                   ANSA_E_MALFORMED, NULL },
        { "two roots",           "<a/><b/>",                               ANSA_E_MALFORMED, NULL },
        { "not closed",          "<a><b></a>",                             ANSA_E_MALFORMED, NULL },
        { "attribute twice",     "<a b='1' b='2'/>",                       ANSA_E_MALFORMED, NULL },
        { "unknown entity",      "<a>&eacute;</a>",                        ANSA_E_MALFORMED, NULL },
        { "invalid UTF-8",       "<a>\xff</a>",                            ANSA_E_MALFORMED, NULL },
        { "control character",   "<a>\x01</a>",                            ANSA_E_MALFORMED, NULL },
        { "unknown encoding",    "<?xml version='1.0' encoding='EBCDIC'?><a/>", ANSA_E_MALFORMED, NULL },
        { "document type",       "<!DOCTYPE a><a/>",                       ANSA_E_UNSUPPORTED, NULL },
        { "entity expansion",    "<!DOCTYPE a [<!ENTITY x 'xxxx'><!ENTITY y '&x;&x;'>]><a>&y;</a>",
          ANSA_E_UNSUPPORTED, NULL },
        { "external entity",     "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
          ANSA_E_UNSUPPORTED, NULL },
        { "external subset",     "<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>",
          ANSA_E_UNSUPPORTED, NULL },
        /* clang-format on */
};

static void documents(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *r = &rows[i];
                struct arena arena;
                arena_init(&arena, ARENA_MAX);
                const struct xml_node *root;
                assert_err(r->rule, xml_parse(ansa_bytes_text(r->document), &arena, &root), r->err);
                assert_int_equal(root != NULL, r->err == ANSA_OK);
                if (root != NULL) {
                        uint8_t room[256];
                        struct buf b = buf_over(room, sizeof(room));
                        xml_put_children(root, &b);
                        assert_bytes(r->rule, buf_written(&b), ansa_bytes_text(r->inside));
                }
                arena_fini(&arena);
        }
}

static void no_prefix_is_a_document(void **state)
{
        (void)state;
        struct ansa_bytes whole =
                ANSA_BYTES_LIT("<?xml version='1.0'?><a b=\"c\"><d>&amp;</d>e</a>");
        for (size_t n = 0; n < whole.size; n++) {
                uint8_t *copy = heap_copy(whole, n);
                struct arena arena;
                arena_init(&arena, ARENA_MAX);
                const struct xml_node *root;
                assert_int_equal(xml_parse((struct ansa_bytes){ copy, n }, &arena, &root),
                                 ANSA_E_MALFORMED);
                assert_null(root);
                arena_fini(&arena);
                free(copy);
        }
}

/* @count times @open, then as often @close (which may be ""), in <a>. */
static enum ansa_err parse_repeated(const char *open, const char *close, size_t count)
{
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct buf b = buf_growing(1u << 20);
        buf_text(&b, "<a>");
        for (size_t i = 0; i < count; i++)
                buf_text(&b, open);
        for (size_t i = 0; i < count; i++)
                buf_text(&b, close);
        buf_text(&b, "</a>");
        const struct xml_node *root;
        enum ansa_err err = xml_parse(buf_written(&b), &arena, &root);
        assert_int_equal(err == ANSA_OK, root != NULL);
        buf_fini(&b);
        arena_fini(&arena);
        return err;
}

static void limits(void **state)
{
        (void)state;
        assert_int_equal(parse_repeated("<b>", "</b>", XML_DEPTH_MAX - 1), ANSA_OK);
        assert_int_equal(parse_repeated("<b>", "</b>", XML_DEPTH_MAX), ANSA_E_LIMIT);
        assert_int_equal(parse_repeated("<b/>", "", XML_NODES_MAX - 1), ANSA_OK);
        assert_int_equal(parse_repeated("<b/>", "", XML_NODES_MAX), ANSA_E_LIMIT);
        assert_int_equal(parse_repeated("<b c=''/>", "", XML_NODES_MAX / 2 - 1), ANSA_OK);
        assert_int_equal(parse_repeated("<b c=''/>", "", XML_NODES_MAX / 2), ANSA_E_LIMIT);
        assert_int_equal(parse_repeated("x", "", XML_SIZE_MAX - 7), ANSA_OK);
        assert_int_equal(parse_repeated("x", "", XML_SIZE_MAX - 6), ANSA_E_LIMIT);
}

static void memory_has_a_maximum(void **state)
{
        (void)state;
        for (size_t max = 0; max < 2000; max += 50) {
                struct arena arena;
                arena_init(&arena, max);
                const struct xml_node *root;
                enum ansa_err err =
                        xml_parse(ANSA_BYTES_LIT("<a b='c'><d>e</d></a>"), &arena, &root);
                assert_true(err == ANSA_OK || err == ANSA_E_NO_MEMORY);
                assert_int_equal(err == ANSA_OK, root != NULL);
                arena_fini(&arena);
        }
}

static void finding(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        const struct xml_node *root;
        assert_int_equal(xml_parse(ANSA_BYTES_LIT("<a x='' y='2'>t<b/>u<c/></a>"), &arena, &root),
                         ANSA_OK);
        struct ansa_bytes value;
        assert_true(xml_is(root, "a") && !xml_is(root, "A") && !xml_is(root, ""));
        assert_true(xml_attribute(root, "x", &value) && value.size == 0);
        assert_true(xml_attribute(root, "y", &value));
        assert_bytes("y", value, ANSA_BYTES_LIT("2"));
        assert_false(xml_attribute(root, "z", &value));
        assert_int_equal(value.size, 0);
        assert_non_null(xml_find(root->children, "c"));
        assert_null(xml_find(root->children, "a"));
        assert_null(xml_find(NULL, "a"));
        uint8_t room[8];
        struct buf b = buf_over(room, sizeof(room));
        xml_put_text(root, &b);
        assert_bytes("text", buf_written(&b), ANSA_BYTES_LIT("tu"));
        arena_fini(&arena);
}

static void values_of_hostile_octets(void **state)
{
        (void)state;
        static const struct {
                const char *octets;
                const char *want;
        } values[] = {
                { "plain \xc3\xa9", "plain \xc3\xa9" },
                { "<a b=\"c\" d='e'>&", "&lt;a b=&quot;c&quot; d='e'&gt;&amp;" },
                { "a\tb\nc\rd", "a&#9;b&#10;c&#13;d" },
                { "a\x01z", "a\xef\xbf\xbdz" },
                { "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        };
        for (size_t i = 0; i < COUNT_OF(values); i++) {
                uint8_t room[128];
                struct buf b = buf_over(room, sizeof(room));
                buf_text(&b, "<a b=\"");
                xml_put_value(ansa_bytes_text(values[i].octets), &b);
                buf_text(&b, "\"/>");
                struct ansa_bytes got = buf_written(&b);
                assert_bytes(values[i].want, (struct ansa_bytes){ got.at + 6, got.size - 9 },
                             ansa_bytes_text(values[i].want));
                struct arena arena;
                arena_init(&arena, ARENA_MAX);
                const struct xml_node *root;
                assert_err(values[i].want, xml_parse(got, &arena, &root), ANSA_OK);
                arena_fini(&arena);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(documents), cmocka_unit_test(no_prefix_is_a_document),
                cmocka_unit_test(limits),    cmocka_unit_test(memory_has_a_maximum),
                cmocka_unit_test(finding),   cmocka_unit_test(values_of_hostile_octets),
        };
        return cmocka_run_group_tests_name("wire/xml", tests, NULL, NULL);
}
