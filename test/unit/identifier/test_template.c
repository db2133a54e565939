/* SPDX-License-Identifier: Apache-2.0 */
/* Computed identifiers (irp-service 8): the worked example, each element, and hostile documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view_world.h"

#include "identifier/template.h"

#include <string.h>
#include <time.h>

#define LIT(text)   ANSA_BYTES_LIT(text)
#define NS(body)    "<namespace><template delimiter='@'>" body "</template></namespace>"
#define PREFIX      "0.NA/1234"
#define RESULT_SIZE 400000u

/* 1234/abc: a URL at 1 and an e-mail address at 2; the prefix is ours with its record. */
static int setup(void **state)
{
        struct world *w = world_new();
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "URL", "http://example.org/data/abc");
        world_value(w, &values, 2, "EMAIL", "abc@example.org");
        world_put(w, "1234/abc", values);
        world_home(w, PREFIX);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        world_free(*state);
        return 0;
}

static char result[RESULT_SIZE];

/* "index:type=data" of each value, one a line; "none" for RC_NOT_FOUND. */
static const char *resolve(struct world *w, const char *name)
{
        struct ansa_values values;
        world_look(w);
        uint32_t code = template_resolve(&w->view, ansa_bytes_text(name), &values);
        if (code == RC_NOT_FOUND) {
                assert_int_equal(values.count, 0);
                return "none";
        }
        assert_int_equal(code, RC_SUCCESS);
        struct buf b = buf_over((uint8_t *)result, sizeof(result));
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                buf_printf(&b, "%s%u:", b.size > 0 ? "\n" : "", (unsigned)value.index);
                buf_bytes(&b, value.type);
                buf_text(&b, "=");
                buf_bytes(&b, value.data);
        }
        assert_int_equal(values.wire.size, 0);
        buf_u8(&b, 0);
        assert_int_equal(b.err, ANSA_OK);
        return result;
}

static void put_namespace(struct world *w, const char *record, const char *document)
{
        world_put_one(w, record, 10, "HS_NAMESPACE", document);
}

static void the_worked_example(void **state)
{
        struct world *w = *state;
        put_namespace(
                w, PREFIX,
                "<?xml version='1.0' encoding='UTF-8'?>\n<namespace>\n <template delimiter=\"@\">\n"
                "  <foreach>\n"
                "   <if value=\"type\" test=\"equals\" expression=\"URL\">\n"
                "    <if value=\"extension\" test=\"matches\" parameter=\"x\"\n"
                "        expression=\"box\\(([^,]*),([^,]*),([^,]*),([^,]*)\\)\">\n"
                "     <value data=\"${data}?wh=${x[4]}&amp;ww=${x[3]}&amp;wy=${x[2]}&amp;wx=${x[1]}"
                "\"/>\n"
                "    </if>\n"
                "    <else><value data=\"${data}?${x}\"/></else>\n"
                "   </if>\n"
                "   <else><value/></else>\n"
                "  </foreach>\n </template>\n</namespace>");
        assert_string_equal(resolve(w, "1234/abc@box(10,20,30,40)"),
                            "1:URL=http://example.org/data/abc?wh=40&ww=30&wy=20&wx=10\n"
                            "2:EMAIL=abc@example.org");
        assert_string_equal(resolve(w, "1234/abc@full"),
                            "1:URL=http://example.org/data/abc?full\n2:EMAIL=abc@example.org");
        assert_string_equal(resolve(w, "1234/abc"), "none");   /* no delimiter */
        assert_string_equal(resolve(w, "1234/none@x"), "");    /* base may be absent */
        assert_string_equal(resolve(w, "5678/abc@x"), "none"); /* another prefix */
}

/* One row an element or rule; resolved is 1234/abc@EXT unless named otherwise. */
static const struct row {
        const char *rule;
        const char *body; /* of the template */
        const char *name;
        const char *want;
} rows[] = {
        /* clang-format off */
        { "value", "<value type='T' data='d'/>", "1234/abc@e", "1:T=d" },
        { "value from text", "<value type='T'>d ${extension}</value>", "1234/abc@e", "1:T=d e" },
        { "value from elements",
          "<value type='T'><a x='1&amp;&lt;'><b>${extension}&amp;</b><c/></a>\n</value>", "1234/abc@e",
          "1:T=<a x=\"1&amp;&lt;\"><b>e&amp;</b><c/></a>\n" },
        { "value needs a type", "<value data='d'/>", "1234/abc@e", "" },
        { "value needs data", "<value type='T'/><value type='T'> </value>", "1234/abc@e", "" },
        { "value may be empty", "<value type='T' data=''/>", "1234/abc@e", "1:T=" },
        { "value index", "<value index='7' type='T' data='d'/>", "1234/abc@e", "7:T=d" },
        { "value index that is none", "<value index='x' type='T' data='d'/>", "1234/abc@e", "1:T=d" },
        { "value index taken",
          "<value index='7' type='T' data='a'/><value index='7' type='T' data='b'/>", "1234/abc@e",
          "7:T=a\n8:T=b" },
        { "value index taken at the end",
          "<value index='4294967295' type='T' data='a'/><value index='4294967295' type='T' data='b'/>",
          "1234/abc@e", "4294967295:T=a\n1:T=b" },

        { "handle, base, extension", "<value type='T' data='${handle} ${base} ${extension}'/>",
          "1234/abc@e@f", "1:T=1234/abc@e@f 1234/abc e@f" },
        { "unknown name is empty", "<value type='T' data='a${nothing}b${nothing[1]}c'/>",
          "1234/abc@e", "1:T=abc" },
        { "backslash", "<value type='T' data='\\${base}\\\\n\\a\\'/>", "1234/abc@e",
          "1:T=${base}\\na\\" },
        { "dollar alone", "<value type='T' data='$ $x ${base ${'/>", "1234/abc@e",
          "1:T=$ $x ${base ${" },
        { "type is substituted", "<value type='T.${extension}' data='d'/>", "1234/abc@e",
          "1:T.e=d" },

        { "if equals", "<if expression='e'><value type='T' data='y'/></if>", "1234/abc@e",
          "1:T=y" },
        { "if equals not", "<if expression='f'><value type='T' data='y'/></if>", "1234/abc@e", "" },
        { "if equals is exact", "<if expression='E'><value type='T' data='y'/></if>", "1234/abc@e",
          "" },
        { "if negate", "<if expression='f' negate='true'><value type='T' data='y'/></if>",
          "1234/abc@e", "1:T=y" },
        { "if of a value", "<if value='base' expression='1234/abc'><value type='T' data='y'/></if>",
          "1234/abc@e", "1:T=y" },
        { "if of an unknown value", "<if value='q' expression=''><value type='T' data='y'/></if>",
          "1234/abc@e", "1:T=y" },
        { "if matches the whole", "<if test='matches' expression='a.'><value type='T' data='y'/></if>"
          "<else><value type='T' data='n'/></else>", "1234/abc@abc", "1:T=n" },
        { "if matches without case",
          "<if test='matches' expression='ABC'><value type='T' data='y'/></if>", "1234/abc@abc",
          "1:T=y" },
        { "if binds a parameter",
          "<if test='matches' expression='(.)(.)' parameter='p'>"
          "<value type='T' data='${p} ${p[0]} ${p[2]}${p[1]}${p[3]}'/></if>", "1234/abc@ab",
          "1:T=ab ab ba" },
        { "groups of the extension",
          "<if test='matches' expression='(.)(.)'><value type='T' data='$2${1}$0 $9'/></if>",
          "1234/abc@ab", "1:T=baab " },
        { "groups end with the if",
          "<if test='matches' expression='(.)(.)'/><value type='T' data='x$1'/>", "1234/abc@ab",
          "1:T=x" },
        { "a group that took no part",
          "<if test='matches' expression='(x)?ab'><value type='T' data='[$1]'/></if>",
          "1234/abc@ab", "1:T=[]" },
        { "a wrong pattern", "<if test='matches' expression='('/><value type='T' data='d'/>",
          "1234/abc@e", "none" },

        { "else", "<if expression='f'/><else><value type='T' data='n'/></else>", "1234/abc@e",
          "1:T=n" },
        { "else after true", "<if expression='e'/><else><value type='T' data='n'/></else>",
          "1234/abc@e", "" },
        { "else without if", "<else><value type='T' data='n'/></else>", "1234/abc@e", "" },
        { "else is for one if",
          "<if expression='f'/><else/><else><value type='T' data='n'/></else>", "1234/abc@e", "" },
        { "else knows what was defined since",
          "<if expression='f'/><def parameter='p'><value data='v'/></def>"
          "<else><value type='T' data='${p}'/></else>", "1234/abc@e", "1:T=v" },

        { "notfound", "<value type='T' data='d'/><notfound/>", "1234/abc@e", "none" },
        { "notfound where it is not reached", "<if expression='f'><notfound/></if>"
          "<value type='T' data='d'/>", "1234/abc@e", "1:T=d" },

        { "foreach copies", "<foreach><value/></foreach>", "1234/abc@e",
          "1:URL=http://example.org/data/abc\n2:EMAIL=abc@example.org" },
        { "foreach binds", "<foreach><value type='T' data='${index} ${type} ${data}'/></foreach>",
          "1234/abc@e", "1:T=1 URL http://example.org/data/abc\n2:T=2 EMAIL abc@example.org" },
        { "foreach index", "<foreach><value index='100' data='${index}'/></foreach>", "1234/abc@e",
          "100:URL=1\n101:EMAIL=2" },
        { "foreach within foreach", "<foreach><foreach><value/></foreach></foreach>", "1234/abc@e",
          "" },
        { "after foreach",
          "<foreach/><value type='T' data='[${index}${type}${data}]'/>", "1234/abc@e", "1:T=[]" },

        { "def", "<def parameter='p'><value type='T' data='${extension}!'/></def>"
          "<value type='T' data='${p}${p}'/>", "1234/abc@e", "1:T=e!e!" },
        { "def without type", "<def parameter='p'><value data='v'/></def>"
          "<value type='T' data='${p}'/>", "1234/abc@e", "1:T=v" },
        { "def takes the first", "<def parameter='p'><value data='1'/><value data='2'/></def>"
          "<value type='T' data='${p}'/>", "1234/abc@e", "1:T=1" },
        { "def of nothing", "<def parameter='p'/><value type='T' data='[${p}]'/>", "1234/abc@e",
          "1:T=[]" },
        { "def of a base value",
          "<def parameter='u'><foreach><if value='type' expression='EMAIL'><value/></if></foreach>"
          "</def><value type='T' data='${u}'/>", "1234/abc@e", "1:T=abc@example.org" },
        { "def is tested", "<def parameter='p'><value data='${extension}'/></def>"
          "<if value='p' expression='e'><value type='T' data='y'/></if>", "1234/abc@e", "1:T=y" },
        { "def within def",
          "<def parameter='p'><def parameter='q'><value data='v'/></def><value data='${q}w'/></def>"
          "<value type='T' data='${p}${q}'/>", "1234/abc@e", "1:T=vw" },
        { "def ends with its element",
          "<if expression='e'><def parameter='p'><value data='v'/></def></if>"
          "<value type='T' data='[${p}]'/>", "1234/abc@e", "1:T=[]" },

        { "unknown elements", "<what><value type='T' data='d'/></what><value type='T' data='e'/>",
          "1234/abc@e", "1:T=e" },
        { "empty extension", "<value type='T' data='[${extension}]'/>", "1234/abc@", "1:T=[]" },
        { "the prefix has no delimiter", "<value type='T' data='${base}'/>", "1234/@e",
          "1:T=1234/" },
        /* clang-format on */
};

static void each_element(void **state)
{
        struct world *w = *state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char document[2048];
                (void)snprintf(document, sizeof(document), NS("%s"), rows[i].body);
                put_namespace(w, PREFIX, document);
                const char *got = resolve(w, rows[i].name);
                if (strcmp(got, rows[i].want) != 0)
                        fail_msg("%s: %s", rows[i].rule, got);
        }
}

static void copies_keep_what_is_not_said(void **state)
{
        struct world *w = *state;
        struct ansa_values values = { 0 };
        world_value_as(w, &values, 3, "URL", LIT("u"), ANSA_PERM_PUBLIC_READ);
        world_put(w, "1234/x", values);
        put_namespace(w, PREFIX,
                      NS("<foreach><value data='v'/></foreach><value type='T' data='d'/>"));
        world_look(w);
        struct ansa_value value;
        assert_int_equal(template_resolve(&w->view, LIT("1234/x@"), &values), RC_SUCCESS);
        assert_int_equal(ansa_values_next(&values, &value), ANSA_OK);
        assert_int_equal(value.permissions, ANSA_PERM_PUBLIC_READ);
        assert_int_equal(value.ttl_s, 600);
        assert_int_equal(value.timestamp_s, 1000);
        assert_int_equal(ansa_values_next(&values, &value), ANSA_OK);
        assert_int_equal(value.permissions, ANSA_PERM_DEFAULT);
        assert_int_equal(value.ttl_s, 86400);
}

/* Documents, whose authors may not be the record's administrators, see what everybody sees. */
static void private_values_of_the_base_stay_out(void **state)
{
        struct world *w = *state;
        static const uint8_t permissions[] = { ANSA_PERM_ADMIN_READ, ANSA_PERM_ADMIN_WRITE, 0 };
        static const char *const documents[] = {
                "<def parameter='p'><foreach><value data='${data}'/></foreach></def>"
                "<value type='T' data='got ${p}'/>",
                "<foreach><if value='data' test='matches' expression='s.*'><value index='5'/></if>"
                "</foreach><value index='5' type='T' data='got '/>",
                "<value type='T' data='got '/>"
                "<foreach><if value='data' expression='secret'><notfound/></if></foreach>",
        };
        static const char *const want[] = { "1:T=got ", "5:T=got ", "1:T=got " };
        for (size_t i = 0; i < sizeof(permissions); i++) {
                struct ansa_values values = { 0 };
                world_value_as(w, &values, 3, "HS_SECKEY", LIT("secret"), permissions[i]);
                world_put(w, "1234/x", values);
                for (size_t j = 0; j < sizeof(documents) / sizeof(documents[0]); j++) {
                        char document[512];
                        (void)snprintf(document, sizeof(document), NS("%s"), documents[j]);
                        put_namespace(w, PREFIX, document);
                        assert_string_equal(resolve(w, "1234/x@"), want[j]);
                }
        }
}

static void delimiters(void **state)
{
        struct world *w = *state;
        struct identifier_config *config = &w->settings.config;
        assert_string_equal(resolve(w, "1234/abc@e"), "none"); /* nothing is configured */

        /* "/" itself: the base is the bare prefix and has no values. */
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='/'><foreach><value/></foreach>"
                      "<value type='T' data='${base}+${extension}'/></template></namespace>");
        assert_string_equal(resolve(w, "1234/a/b"), "1:T=1234+a/b");

        /* of the first template; longer ones; the server's own after the prefix's. */
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='--'><value type='T' data='1'/></template>"
                      "<template delimiter='@'><value type='T' data='2${extension}'/></template>"
                      "</namespace>");
        assert_string_equal(resolve(w, "1234/abc--e"), "1:T=1\n2:T=2e");
        assert_string_equal(resolve(w, "1234/abc@e"), "none");
        config->namespace_xml =
                LIT("<namespace><template delimiter='!'><value type='S' data='s'/></template>"
                    "</namespace>");
        assert_string_equal(resolve(w, "1234/abc!e"), "none");
        assert_string_equal(resolve(w, "1234/abc--e"), "1:T=1\n2:T=2e");
        put_namespace(w, PREFIX, "<namespace><status>active</status></namespace>");
        assert_string_equal(resolve(w, "1234/abc!e"), "1:S=s");
        config->template_override = true;
        put_namespace(w, PREFIX, NS("<value type='T' data='d'/>"));
        assert_string_equal(resolve(w, "1234/abc!e"), "1:S=s");
        config->namespace_xml = (struct ansa_bytes){ 0 };
        config->template_delimiter = LIT("@");
        assert_string_equal(resolve(w, "1234/abc@e"), "none"); /* a delimiter, but no template */
        config->template_override = false;
        put_namespace(w, PREFIX,
                      "<namespace><template><value type='T' data='d'/></template>"
                      "</namespace>");
        assert_string_equal(resolve(w, "1234/abc@e"), "1:T=d"); /* delimiter of the server */
}

static void namespaces_are_inherited(void **state)
{
        struct world *w = *state;
        world_home(w, "0.NA/1234.5.6");
        put_namespace(w, PREFIX, NS("<value type='T' data='parent ${extension}'/>"));
        world_put_one(w, "0.NA/1234.5", 1, "URL", "no namespace");
        put_namespace(w, "0.NA/1234.5.6", "<namespace/>");
        assert_string_equal(resolve(w, "1234.5.6/a@e"), "1:T=parent e");
        put_namespace(w, "0.NA/1234.5.6",
                      "<namespace><template><value type='T' data='own'/></template></namespace>");
        assert_string_equal(resolve(w, "1234.5.6/a@e"), "1:T=own");

        /* That of the base comes before that of the prefix. */
        put_namespace(w, "1234/abc", NS("<value type='T' data='base'/>"));
        assert_string_equal(resolve(w, "1234/abc@e"), "1:T=base");
        put_namespace(w, "1234/abc", "<namespace><locs>1/2</locs></namespace>");
        assert_string_equal(resolve(w, "1234/abc@e"), "1:T=parent e");

        /* What is not public, or no namespace, is passed over. */
        struct ansa_values values = { 0 };
        world_value_as(w, &values, 1, "HS_NAMESPACE", LIT(NS("<notfound/>")), ANSA_PERM_ADMIN_READ);
        world_value(w, &values, 2, "hs_namespace", NS("<value type='T' data='public'/>"));
        world_put(w, PREFIX, values);
        assert_string_equal(resolve(w, "1234/b@e"), "1:T=public");
        put_namespace(w, PREFIX, "<template delimiter='@'><value type='T' data='d'/></template>");
        assert_string_equal(resolve(w, "1234/b@e"), "none");
}

static void references(void **state)
{
        struct world *w = *state;
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='@' ref='10:1234/T'/></namespace>");
        assert_string_equal(resolve(w, "1234/a@e"), "none");
        world_put_one(w, "1234/t", 10, "X",
                      "<template><value type='T' data='${base}'/></template>");
        assert_string_equal(resolve(w, "1234/a@e"), "1:T=1234/a");
        world_put_one(w, "1234/t", 10, "X",
                      "<any><template><value type='T' data='1'/></template><x/>"
                      "<template><value type='T' data='2'/></template></any>");
        assert_string_equal(resolve(w, "1234/a@e"), "1:T=1\n2:T=2");
        world_put_one(w, "1234/t", 10, "X", "<any/>");
        assert_string_equal(resolve(w, "1234/a@e"), "none");
        world_put_one(w, "1234/t", 10, "X", "<template>");
        assert_string_equal(resolve(w, "1234/a@e"), "none");
        world_put_one(w, "1234/t", 10, "X", "<template ref='10:1234/t'/>"); /* itself */
        assert_string_equal(resolve(w, "1234/a@e"), "none");

        struct ansa_values values = { 0 };
        world_value_as(w, &values, 10, "X",
                       LIT("<template><value type='T' data='secret'/></template>"),
                       ANSA_PERM_ADMIN_READ);
        world_put(w, "1234/t", values);
        assert_string_equal(resolve(w, "1234/a@e"), "none");

        /* Nine references in a row are followed, eleven are not. */
        for (unsigned i = 0; i < 12; i++) {
                char name[16];
                char document[64];
                (void)snprintf(name, sizeof(name), "1234/r%u", i);
                (void)snprintf(document, sizeof(document), "<template ref='10:1234/r%u'/>", i + 1);
                world_put_one(w, name, 10, "X", document);
        }
        world_put_one(w, "1234/r12", 10, "X", "<template><value type='T' data='end'/></template>");
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='@' ref='10:1234/r4'/></namespace>");
        assert_string_equal(resolve(w, "1234/a@e"), "1:T=end");
        put_namespace(w, PREFIX,
                      "<namespace><template delimiter='@' ref='10:1234/r2'/></namespace>");
        assert_string_equal(resolve(w, "1234/a@e"), "none");
}

static void other_services_are_asked_in_the_slow_lane(void **state)
{
        struct world *w = *state;
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "HS_NAMESPACE", NS("<foreach><value/></foreach>"));
        world_put_elsewhere(w, PREFIX, RC_SUCCESS, values, ANSA_OK);
        assert_string_equal(resolve(w, "1234/abc@e"),
                            "1:URL=http://example.org/data/abc\n2:EMAIL=abc@example.org");
        assert_int_equal(w->fetches, 1);

        world_look(w);
        w->view.may_fetch = false;
        assert_int_equal(template_resolve(&w->view, LIT("1234/abc@e"), &values), RC_NOT_FOUND);
        assert_true(w->view.needs_slow);

        /* An ancestor elsewhere is asked only for the sake of a namespace that may inherit. */
        world_home(w, "0.NA/77.1");
        world_put_one(w, "0.NA/77.1", 1, "URL", "no namespace");
        assert_string_equal(resolve(w, "77.1/a@e"), "none");
        assert_int_equal(w->fetches, 0);
        put_namespace(w, "0.NA/77.1", "<namespace/>");
        assert_string_equal(resolve(w, "77.1/a@e"), "none");
        assert_int_equal(w->fetches, 1);

        /* A base on another server of our site. */
        uint8_t option = ANSA_HASH_ALL;
        w->settings.has_site = true;
        w->settings.server_count = 2;
        w->settings.site.hash_option = option;
        w->settings.config.server_number = 1 - name_hash(LIT("1234/there"), option) % 2;
        put_namespace(w, PREFIX, NS("<foreach><value/></foreach>"));
        values = (struct ansa_values){ 0 };
        world_value(w, &values, 5, "URL", "sibling");
        world_put_elsewhere(w, "1234/there", RC_SUCCESS, values, ANSA_OK);
        assert_string_equal(resolve(w, "1234/there@e"), "5:URL=sibling");
}

static void case_is_the_servers(void **state)
{
        struct world *w = *state;
        w->settings.config.case_sensitive = true;
        put_namespace(w, PREFIX,
                      NS("<if test='matches' expression='ABC'><value type='T' data='y'/></if>"));
        assert_string_equal(resolve(w, "1234/abc@abc"), "");
        assert_string_equal(resolve(w, "1234/abc@ABC"), "1:T=y");
}

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
                TEST(the_worked_example),
                TEST(each_element),
                TEST(copies_keep_what_is_not_said),
                TEST(private_values_of_the_base_stay_out),
                TEST(delimiters),
                TEST(namespaces_are_inherited),
                TEST(references),
                TEST(other_services_are_asked_in_the_slow_lane),
                TEST(case_is_the_servers),
                TEST(hostile_documents_make_nothing),
                TEST(hostile_work_is_bounded),
                TEST(values_have_a_maximum),
                TEST(odd_names_are_not_computed),
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/template", tests, NULL, NULL);
}
