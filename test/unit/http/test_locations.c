/* SPDX-License-Identifier: Apache-2.0 */
/* The list of candidates and the choice among them (rest-api 7.1, 7.2, 7.5). */
#include "records.h"

#include "http/locations.h"

static struct fake_random {
        struct env env;
        uint64_t next; /* what comes next, as a little-endian number */
        bool counts;   /* one more each time */
} dice;

static void fake_random(struct env *env, uint8_t *at, size_t size)
{
        struct fake_random *d = (struct fake_random *)(void *)env;
        memset(at, 0, size);
        memcpy(at, &d->next, size < sizeof(d->next) ? size : sizeof(d->next));
        if (d->counts)
                d->next++;
}

#define NOW 1700000000u

/* A world of records for the tests: what is not here is not found. */
static enum ansa_err build(struct locations *l, struct arena *arena, const struct sheet *sheets,
                           size_t count, const char *name)
{
        locations_init(l, arena, ansa_bytes_text(name), NOW);
        enum ansa_err err = locations_add_own(l, sheet_values(sheets, count, name));
        struct locations_want want;
        for (unsigned asked = 0; err == ANSA_OK && locations_next(l, &want); asked++) {
                assert_true(asked < LOCATIONS_WANTS_MAX);
                char text[128];
                assert_true(want.name.size < sizeof(text));
                memcpy(text, want.name.at, want.name.size);
                text[want.name.size] = '\0';
                err = locations_add(l, &want, sheet_values(sheets, count, text));
        }
        return err == ANSA_OK ? locations_finish(l) : err;
}

/* The hrefs of all candidates, by spaces. */
static void put_all(const struct locations *l, struct buf *b)
{
        for (size_t i = 0; i < l->count; i++) {
                if (i > 0)
                        buf_u8(b, ' ');
                locations_put_url(l, &l->candidates[i], b);
        }
}

static const struct list_row {
        const char *rule;
        struct sheet sheets[6];
        const char *want; /* candidates of 35.TEST/1 */
} list_rows[] = {
        /* clang-format off */
        { "locations in their order",
          { { "35.TEST/1", "10320/loc=<locations><location href='a'/><location href='b'/></locations>" } },
          "a b" },
        { "several values in theirs",
          { { "35.TEST/1", "10320/loc=<l><location href='a'/></l>\n10320/loc=<l><location href='b'/></l>" } },
          "a b" },
        { "subtypes of the type, without case",
          { { "35.TEST/1", "10320/LOC.eu=<l><location href='a'/></l>" } }, "a" },
        { "a longer type is another",
          { { "35.TEST/1", "10320/location=<l><location href='a'/></l>" } }, "" },
        { "old name of the element",
          { { "35.TEST/1", "10320/loc=<l><loc_template href='a'/></l>" } }, "a" },
        { "other elements are none",
          { { "35.TEST/1", "10320/loc=<l><place href='a'/>text</l>" } }, "" },
        { "nowhere to go: none", { { "35.TEST/1", "10320/loc=<l><location id='0'/></l>" } }, "" },
        { "not XML: as if not there",
          { { "35.TEST/1", "10320/loc=<l><location href='a'>\nURL=u" } }, "u" },
        { "URL values come last",
          { { "35.TEST/1", "URL=u\n10320/loc=<l><location href='a'/></l>\nURL.x=v" } }, "a u v" },
        { "0.TYPE/URL", { { "35.TEST/1", "0.type/url=u" } }, "u" },
        { "no_legacy",
          { { "35.TEST/1", "URL=u\n10320/loc=<l no_legacy='true'><location href='a'/></l>" } }, "a" },
        { "no_legacy that is not true",
          { { "35.TEST/1", "URL=u\n10320/loc=<l no_legacy='false'><location href='a'/></l>" } }, "a u" },
        { "template",
          { { "35.TEST/1", "10320/loc=<l><location href_template='h/{hdl}?{hdl:path}#{x}'/></l>" } },
          "h/35.TEST%2F1?35.TEST/1#{x}" },
        { "href before href_template",
          { { "35.TEST/1", "10320/loc=<l><location href_template='b' href='a'/></l>" } }, "a" },

        { "include as an attribute",
          { { "35.TEST/1", "URL=u\n10320/loc=<l include='35.TEST/i 2:35.TEST/j'><location href='a'/></l>" },
            { "35.TEST/i", "10320/loc=<l><location href='i'/></l>\nURL=not-own" },
            { "35.TEST/j", "10320/loc=<l><location href='j1'/></l>\n10320/loc=<l><location href='j2'/></l>" } },
          "a i j2 u" },
        { "include as elements",
          { { "35.TEST/1", "10320/loc=<l><include> 35.TEST/i </include><include>35.TEST/a,b c</include></l>" },
            { "35.TEST/i", "10320/loc=<l><location href='i'/></l>" },
            { "35.TEST/a,b c", "10320/loc=<l><location href='comma'/></l>" } },
          "i comma" },
        { "include of an include",
          { { "35.TEST/1", "10320/loc=<l include='35.TEST/i'/>" },
            { "35.TEST/i", "10320/loc=<l include='35.TEST/j'><location href='i'/></l>" },
            { "35.TEST/j", "10320/loc=<l><location href='j'/></l>" } },
          "i j" },
        { "include in a circle",
          { { "35.TEST/1", "10320/loc=<l include='35.TEST/i'><location href='a'/></l>" },
            { "35.TEST/i", "10320/loc=<l include='35.test/1 35.TEST/I'><location href='i'/></l>" } },
          "a i" },
        { "include of what is not there", { { "35.TEST/1", "10320/loc=<l include='35.TEST/x'/>\nURL=u" } }, "u" },
        { "includeNamespace",
          { { "35.TEST/1", "10320/loc=<l includeNamespace='35.OTHER'><location href='a'/></l>" },
            { "0.NA/35.OTHER", "HS_NAMESPACE=<namespace><locs>35.OTHER/l</locs></namespace>" },
            { "35.OTHER/l", "10320/loc=<l><location href='o'/></l>" } },
          "a o" },

        { "the prefix's namespace",
          { { "35.TEST/1", "URL=u" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs>35.TEST/l</locs><locs>1:35.TEST/m</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" },
            { "35.TEST/m", "10320/loc=<l><location href='m'/></l>" } },
          "u n m" },
        { "and of the prefixes above it",
          { { "35.TEST/1", "URL=u" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs>35.TEST/l</locs></namespace>" },
            { "0.NA/35", "HS_NAMESPACE=<namespace><locs>35/m</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" },
            { "35/m", "10320/loc=<l><location href='m'/></l>" } },
          "u n m" },
        { "above one that has nothing",
          { { "35.TEST/1", "URL=u" },
            { "0.NA/35", "HS_NAMESPACE=<namespace><locs>35/m</locs></namespace>" },
            { "35/m", "10320/loc=<l><location href='m'/></l>" } },
          "u m" },
        { "unless it says no_nslocs",
          { { "35.TEST/1", "URL=u" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs no_nslocs='true'>35.TEST/l</locs></namespace>" },
            { "0.NA/35", "HS_NAMESPACE=<namespace><locs>35/m</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" },
            { "35/m", "10320/loc=<l><location href='m'/></l>" } },
          "u n" },
        { "no_nslocs of the record",
          { { "35.TEST/1", "10320/loc=<l no_nslocs='true'><location href='a'/></l>" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs>35.TEST/l</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" } },
          "a" },
        { "overridePrefix",
          { { "35.TEST/1", "10320/loc=<l overridePrefix='35.OTHER'><location href='a'/></l>" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs>35.TEST/l</locs></namespace>" },
            { "0.NA/35.OTHER", "HS_NAMESPACE=<namespace><locs>35.OTHER/l</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" },
            { "35.OTHER/l", "10320/loc=<l><location href='o'/></l>" } },
          "a o" },
        { "nshdl when the namespace has none",
          { { "35.TEST/1", "10320/loc=<l nshdl='35.OTHER/l'><location href='a'/></l>" },
            { "35.OTHER/l", "10320/loc=<l><location href='o'/></l>" } },
          "a o" },
        { "nshdl when the namespace has some",
          { { "35.TEST/1", "10320/loc=<l nshdl='35.OTHER/l'><location href='a'/></l>" },
            { "0.NA/35.TEST", "HS_NAMESPACE=<namespace><locs>35.TEST/l</locs></namespace>" },
            { "35.TEST/l", "10320/loc=<l><location href='n'/></l>" },
            { "35.OTHER/l", "10320/loc=<l><location href='o'/></l>" } },
          "a n" },
        /* clang-format on */
};

static void lists(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(list_rows); i++) {
                const struct list_row *r = &list_rows[i];
                struct arena arena;
                struct locations l;
                uint8_t room[512];
                struct buf b = buf_over(room, sizeof(room));
                arena_init(&arena, 4u << 20);
                assert_err(r->rule, build(&l, &arena, r->sheets, COUNT_OF(r->sheets), "35.TEST/1"),
                           ANSA_OK);
                put_all(&l, &b);
                assert_bytes(r->rule, buf_written(&b), ansa_bytes_text(r->want));
                arena_fini(&arena);
        }
}

/* What is chosen, over many throws: the hrefs that can come, in their order. */
static const struct choice_row {
        const char *rule;
        const char *record;
        const char *locatts; /* by spaces */
        const char *address;
        const char *country;
        const char *want;
} choice_rows[] = {
#define GB                                                                           \
        "10320/loc=<locations><location id='0' href='id0' country='gb' weight='0'/>" \
        "<location id='1' href='id1' weight='1'/>"                                   \
        "<location id='2' href='id2' weight='1'/></locations>"
        /* clang-format off */
        { "7.5: client in GB",          GB, "", "", "gb", "id0" },
        { "7.5: client elsewhere",      GB, "", "", "us", "id1 id2" },
        { "7.5: client unknown",        GB, "", "", "",   "id1 id2" },
        { "7.5: locatt=id:1",           GB, "id:1", "", "gb", "id1" },
        { "7.5: locatt=id:0",           GB, "id:0", "", "us", "id0" },
        { "7.5: locatt=country:gb",     GB, "country:gb", "", "us", "id0" },
        { "7.5: locatt=country:us",     GB, "country:us", "", "", "id1 id2" },
        { "7.5: locatt=country:uk",     GB, "country:uk", "", "", "id1 id2" },
        { "country without case",       GB, "", "", "GB", "id0" },
        { "locatt without a value",     GB, "country", "", "", "id0" },
        { "locatt with case",           GB, "country:GB", "", "", "id1 id2" },
        { "locatt that matches nothing is ignored", GB, "id:9 id:2", "", "", "id2" },
        { "locatts one after the other", GB, "weight:1 id:2", "", "", "id2" },
        { "locatt of a URL value",      "URL=u\nURL=v", "href:v", "", "", "v" },

        { "address in a network",
          "10320/loc=<l><location href='a' addresses='10.0.0.0/8, 192.0.2.1'/><location href='b'/></l>", "", "10.1.2.3", "", "a" },
        { "address in a list",
          "10320/loc=<l><location href='a' addresses='10.0.0.0/8, 192.0.2.1'/><location href='b' weight='9'/></l>", "", "192.0.2.1", "", "a" },
        { "address elsewhere",
          "10320/loc=<l><location href='a' weight='0' addresses='10.0.0.0/8'/><location href='b'/></l>", "", "11.0.0.1", "", "b" },
        { "network of odd length",
          "10320/loc=<l><location href='a' weight='0' addresses='10.0.0.128/25'/><location href='b'/></l>", "", "10.0.0.127", "", "b" },
        { "network of all",
          "10320/loc=<l><location href='a' weight='0' addresses='0.0.0.0/0'/><location href='b'/></l>", "", "203.0.113.9", "", "a" },
        { "network of IPv6",
          "10320/loc=<l><location href='a' weight='0' addresses='2001:db8::/33'/><location href='b'/></l>", "", "2001:db8:7fff::1", "", "a" },
        { "network of IPv6, outside",
          "10320/loc=<l><location href='a' weight='0' addresses='2001:db8::/33'/><location href='b'/></l>", "", "2001:db8:8000::1", "", "b" },
        { "0.0.0.0/0 has no IPv6",
          "10320/loc=<l><location href='a' weight='0' addresses='0.0.0.0/0'/><location href='b'/></l>", "", "2001:db8::1", "", "b" },
        { "network that is none",
          "10320/loc=<l><location href='a' weight='0' addresses='10.0.0.0/33,x,/,10.0.0.0/'/><location href='b'/></l>", "", "10.0.0.1", "", "b" },

        { "score",
          "10320/loc=<l><location href='a' score='1'/><location href='b' score='2.5'/><location href='c' score='2.50'/></l>", "", "", "", "b c" },
        { "missing score is 0",
          "10320/loc=<l><location href='a' score='-1'/><location href='b'/></l>", "", "", "", "b" },
        { "weights",
          "10320/loc=<l><location href='a' weight='0'/><location href='b' weight='-3'/><location href='c' weight='.5'/></l>", "", "", "", "c" },
        { "weight that is none is 1",
          "10320/loc=<l><location href='a' weight='x'/><location href='b' weight='0'/></l>", "", "", "", "a" },
        { "all weights 0",
          "10320/loc=<l><location href='a' weight='0'/><location href='b' weight='0'/></l>", "", "", "", "a b" },

        { "URL beside locations has weight 0", "URL=u\n10320/loc=<l><location href='a'/></l>", "", "", "", "a" },
        { "URLs alone have weight 1",   "URL=u\nURL=v", "", "", "", "u v" },
        { "subtypes beside a URL have 0", "URL.x=x\nURL=u", "", "", "", "u" },
        { "subtypes alone have that of a URL", "URL.x=x\nURL.y=y", "", "", "", "x y" },
        { "urlWeight",
          "URL=u\n10320/loc=<l urlWeight='1'><location weight='0' href='a'/></l>", "", "", "", "u" },
        { "urlSubtypeWeight",
          "URL=u\nURL.x=x\n10320/loc=<l urlWeight='0' urlSubtypeWeight='2'><location weight='0' href='a'/></l>", "", "", "", "x" },
        { "the first setting counts",
          "URL=u\n10320/loc=<l urlWeight='1'/>\n10320/loc=<l urlWeight='0'><location weight='0' href='a'/></l>", "", "", "", "u" },

        { "chooseby", "10320/loc=<l chooseby='weighted'><location weight='0' id='1' href='a'/><location href='b'/></l>", "id:1", "", "", "b" },
        { "choose_by before chooseby",
          "10320/loc=<l chooseby='weighted' choose_by=' Country , LOCATT,nonsense'><location weight='0' country='gb' href='a'/><location id='1' href='b'/></l>",
          "id:1", "", "gb", "a" },
        { "weighted ends it", "10320/loc=<l chooseby='weighted,locatt'><location weight='0' id='1' href='a'/><location href='b'/></l>", "id:1", "", "", "b" },
        { "weighted is last when not named", "10320/loc=<l chooseby='country'><location weight='0' href='a'/><location href='b'/></l>", "", "", "", "b" },
        { "no method at all", "10320/loc=<l chooseby=''><location weight='0' href='a'/><location href='b'/></l>", "", "", "", "b" },
        { "nothing to choose from", "EMAIL=x", "", "", "", "" },
        /* clang-format on */
};

static void choices(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(choice_rows); i++) {
                const struct choice_row *r = &choice_rows[i];
                struct sheet sheet = { "35.TEST/1", r->record };
                struct arena arena;
                struct locations l;
                arena_init(&arena, 64u << 20);
                assert_err(r->rule, build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
                struct locatt locatts[4];
                struct locations_query query = { .locatts = locatts,
                                                 .country = ansa_bytes_text(r->country),
                                                 .env = &dice.env };
                char words[64];
                (void)strcpy(words, r->locatts);
                char *word = strtok(words, " ");
                for (; word != NULL; word = strtok(NULL, " ")) {
                        struct locatt *a = &locatts[query.locatt_count++];
                        char *colon = strchr(word, ':');
                        *a = (struct locatt){ .key = ansa_bytes_text(word),
                                              .has_value = colon != NULL };
                        if (colon != NULL) {
                                a->key.size = (size_t)(colon - word);
                                a->value = ansa_bytes_text(colon + 1);
                        }
                }
                query.has_address = location_address(ansa_bytes_text(r->address), query.address);
                assert_int_equal(query.has_address, r->address[0] != '\0');
                bool came[8] = { false };
                dice.next = 0;
                for (unsigned t = 0; t < 200; t++, dice.next += 100003) {
                        const struct location *chosen;
                        assert_int_equal(locations_choose(&l, &query, &chosen), ANSA_OK);
                        if (chosen != NULL)
                                came[chosen - l.candidates] = true;
                }
                uint8_t room[64];
                struct buf b = buf_over(room, sizeof(room));
                for (size_t c = 0; c < l.count; c++) {
                        if (came[c] && b.size > 0)
                                buf_u8(&b, ' ');
                        if (came[c])
                                locations_put_url(&l, &l.candidates[c], &b);
                }
                assert_bytes(r->rule, buf_written(&b), ansa_bytes_text(r->want));
                arena_fini(&arena);
        }
}

static void weights_are_proportions(void **state)
{
        (void)state;
        struct sheet sheet = { "35.TEST/1",
                               "10320/loc=<l><location href='a' weight='1'/><location href='b' "
                               "weight='2.5'/><location href='c' weight='.5'/></l>" };
        struct arena arena;
        struct locations l;
        arena_init(&arena, 64u << 20);
        assert_int_equal(build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
        struct locations_query query = { .env = &dice.env };
        unsigned came[3] = { 0 };
        for (uint64_t throw = 0; throw < 4000; throw ++) {
                const struct location *chosen;
                dice.next = throw *1000;
                assert_int_equal(locations_choose(&l, &query, &chosen), ANSA_OK);
                came[chosen - l.candidates]++;
        }
        assert_int_equal(came[0], 1000);
        assert_int_equal(came[1], 2500);
        assert_int_equal(came[2], 500);
        /* A number past the last whole multiple of the total is thrown again. */
        dice.next = UINT64_MAX;
        dice.counts = true;
        const struct location *chosen;
        assert_int_equal(locations_choose(&l, &query, &chosen), ANSA_OK);
        assert_true(chosen == &l.candidates[0] && dice.next == 1);
        dice.counts = false;
        arena_fini(&arena);
}

static void statuses(void **state)
{
        (void)state;
        static const struct {
                const char *record;
                uint32_t want;
        } rows[] = {
                { "URL=u", 302 },
                { "10320/loc=<l><location href='a' http_sc='303'/></l>", 303 },
                { "10320/loc=<l http_sc='301'><location href='a'/></l>", 301 },
                { "10320/loc=<l http_sc='301'><location href='a' http_sc='307'/></l>", 307 },
                { "10320/loc=<l><location href='a' http_sc='308'/></l>", 308 },
                { "10320/loc=<l><location href='a' http_sc='200'/></l>", 302 },
                { "10320/loc=<l><location href='a' http_sc='moved'/></l>", 302 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct sheet sheet = { "35.TEST/1", rows[i].record };
                struct arena arena;
                struct locations l;
                arena_init(&arena, 1u << 20);
                assert_int_equal(build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
                assert_int_equal(l.count, 1);
                assert_int_equal(locations_status(&l, &l.candidates[0]), rows[i].want);
                arena_fini(&arena);
        }
}

static void xml_of_candidates(void **state)
{
        (void)state;
        struct sheet sheet = { "35.TEST/1",
                               "URL=http://e/?a=1&b=\"<\xff\n10320/loc=<l><location x='&lt;&#10;' "
                               "href='a'/></l>" };
        struct arena arena;
        struct locations l;
        uint8_t room[512];
        struct buf b = buf_over(room, sizeof(room));
        arena_init(&arena, 1u << 20);
        assert_int_equal(build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
        locations_put_xml(&l, &b);
        assert_bytes(
                "showlocations", buf_written(&b),
                ANSA_BYTES_LIT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<locations>\n"
                               "  <location x=\"&lt;&#10;\" href=\"a\"/>\n"
                               "  <location href=\"http://e/?a=1&amp;b=&quot;&lt;\xef\xbf\xbd\" "
                               "weight=\"0\"/>\n</locations>\n"));
        const struct xml_node *root;
        assert_int_equal(xml_parse(buf_written(&b), &arena, &root), ANSA_OK);
        arena_fini(&arena);
}

static void times(void **state)
{
        (void)state;
        struct ansa_value v = { .ttl_s = 100 };
        assert_int_equal(location_expiry(&v, NOW), NOW + 100);
        v.ttl_s = UINT32_MAX;
        assert_int_equal(location_expiry(&v, NOW), UINT32_MAX);
        v = (struct ansa_value){ .ttl_type = ANSA_TTL_ABSOLUTE, .ttl_s = 5 };
        assert_int_equal(location_expiry(&v, NOW), 5);

        struct arena arena;
        struct locations l;
        arena_init(&arena, 1u << 20);
        struct sheet sheets[] = {
                { "35.TEST/1", "@500 URL=u\n@9 EMAIL=not used" },
                { "0.NA/35.TEST",
                  "@70 HS_NAMESPACE=<namespace><locs>35.TEST/l</locs></namespace>" },
                { "35.TEST/l", "@60 10320/loc=<l/>" },
        };
        assert_int_equal(build(&l, &arena, sheets, 1, "35.TEST/1"), ANSA_OK);
        assert_int_equal(l.expires_s, NOW + 500);
        assert_false(locations_apply(&l));
        assert_int_equal(build(&l, &arena, sheets, 2, "35.TEST/1"), ANSA_OK);
        assert_int_equal(l.expires_s, NOW + 70);
        assert_false(locations_apply(&l));
        assert_int_equal(build(&l, &arena, sheets, 3, "35.TEST/1"), ANSA_OK);
        assert_int_equal(l.expires_s, NOW + 60);
        assert_true(locations_apply(&l));
        arena_fini(&arena);
}

/* Each record includes ten others, and so on: what is asked for has a maximum, and no memory is an error. */
static void hostile_includes(void **state)
{
        (void)state;
        struct arena arena;
        struct locations l;
        arena_init(&arena, 16u << 20);
        locations_init(&l, &arena, ANSA_BYTES_LIT("35.TEST/1"), NOW);
        uint8_t room[2048];
        unsigned made = 0;
        struct locations_want want = { .source = LOCATION_INCLUDED };
        for (unsigned asked = 0;; asked++) {
                char xml[1024] = "10320/loc=<l>";
                for (unsigned i = 0; i < 10; i++) {
                        char one[64];
                        (void)snprintf(one, sizeof(one), "<include>35.TEST/i%u</include>", made++);
                        (void)strcat(xml, one);
                }
                (void)strcat(xml, "<location href='x'/></l>");
                struct ansa_values values = values_of(xml, room, sizeof(room));
                assert_int_equal(locations_add(&l, &want, values), ANSA_OK);
                assert_true(asked <= LOCATIONS_WANTS_MAX);
                if (!locations_next(&l, &want))
                        break;
                assert_true(want.depth <= 20);
        }
        assert_int_equal(locations_finish(&l), ANSA_OK);
        assert_true(l.count <= LOCATIONS_WANTS_MAX + 1);
        arena_fini(&arena);
}

static void chain_of_includes(void **state)
{
        (void)state;
        struct arena arena;
        struct locations l;
        arena_init(&arena, 16u << 20);
        locations_init(&l, &arena, ANSA_BYTES_LIT("35.TEST/0"), NOW);
        uint8_t room[256];
        assert_int_equal(locations_add_own(&l, values_of("10320/loc=<l include='35.TEST/a0' "
                                                         "no_nslocs='true'/>",
                                                         room, sizeof(room))),
                         ANSA_OK);
        struct locations_want want;
        unsigned asked = 0;
        while (locations_next(&l, &want)) {
                char xml[128];
                (void)snprintf(xml, sizeof(xml), "10320/loc=<l include='35.TEST/a%u'/>", ++asked);
                assert_int_equal(want.depth, asked);
                assert_int_equal(locations_add(&l, &want, values_of(xml, room, sizeof(room))),
                                 ANSA_OK);
        }
        assert_int_equal(asked, 20);
        arena_fini(&arena);
}

static void memory_has_a_maximum(void **state)
{
        (void)state;
        struct sheet sheets[] = {
                { "35.TEST/1",
                  "URL=u\n10320/loc=<l include='35.TEST/i' chooseby='weighted'><location "
                  "href='a'/></l>\n10320/headers=A: b" },
                { "35.TEST/i", "10320/loc=<l nshdl='35.TEST/n'><location href='i'/></l>" },
                { "0.NA/35.TEST",
                  "HS_NAMESPACE=<namespace><locs>35.<!-- -->TEST/l</locs></namespace>" },
        };
        enum ansa_err last = ANSA_E_NO_MEMORY;
        for (size_t max = 0; max < 16384; max += 64) {
                struct arena arena;
                struct locations l;
                const struct location *chosen;
                struct locations_query query = { .env = &dice.env };
                arena_init(&arena, max);
                last = build(&l, &arena, sheets, COUNT_OF(sheets), "35.TEST/1");
                if (last == ANSA_OK)
                        last = locations_choose(&l, &query, &chosen);
                assert_true(last == ANSA_OK || last == ANSA_E_NO_MEMORY);
                arena_fini(&arena);
        }
        assert_int_equal(last, ANSA_OK);
}

static void negotiates(void **state)
{
        (void)state;
        struct arena arena;
        struct locations l;
        struct sheet sheet = { "35.TEST/1",
                               "10320/loc=<l><location href='a' http_role='browser'/></l>" };
        arena_init(&arena, 1u << 20);
        assert_int_equal(build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
        assert_false(locations_negotiate(&l));
        sheet.record = "10320/loc=<l><location href='a' http_role='no_conneg'/></l>";
        assert_int_equal(build(&l, &arena, &sheet, 1, "35.TEST/1"), ANSA_OK);
        assert_true(locations_negotiate(&l));
        arena_fini(&arena);
}

int main(void)
{
        dice.env.random = fake_random;
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lists),
                cmocka_unit_test(choices),
                cmocka_unit_test(weights_are_proportions),
                cmocka_unit_test(statuses),
                cmocka_unit_test(xml_of_candidates),
                cmocka_unit_test(times),
                cmocka_unit_test(hostile_includes),
                cmocka_unit_test(chain_of_includes),
                cmocka_unit_test(memory_has_a_maximum),
                cmocka_unit_test(negotiates),
        };
        return cmocka_run_group_tests_name("http/locations", tests, NULL, NULL);
}
