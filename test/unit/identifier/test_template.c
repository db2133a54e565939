/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computed identifiers (irp-service 8): the worked example, and each element. Hostile documents
 * are in test_template_hostile.c.
 */
#include "template_world.h"

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
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/template", tests, NULL, NULL);
}
