/* SPDX-License-Identifier: Apache-2.0 */
#include "http/resolver_page.h"

#include "base/text.h"
#include "http/escape.h"
#include "http/html.h"
#include "http/resolver_value.h"

void resolver_put_self(struct buf *b, struct ansa_bytes name)
{
        buf_u8(b, '/');
        if (name.size > 0 && name.at[0] == '/') { /* "//" begins the name of a host */
                buf_text(b, "%2F");
                name = (struct ansa_bytes){ name.at + 1, name.size - 1 };
        }
        escape_put_path(name, b);
}

void resolver_put_api(struct buf *b, struct ansa_bytes name)
{
        buf_text(b, "/api/handles/");
        escape_put_path(name, b);
}

/* Percent-encoded paths have no character that means something in HTML but "&", "'" and "\"". */
static void put_href(struct buf *b, void (*put)(struct buf *b, struct ansa_bytes name),
                     struct ansa_bytes name, const char *query, const char *text)
{
        struct buf path = buf_growing(16384);
        put(&path, name);
        buf_text(b, "<a href=\"");
        html_put_text(b, buf_written(&path));
        buf_text(b, query);
        buf_text(b, "\">");
        buf_text(b, text);
        buf_text(b, "</a>");
        buf_fini(&path);
}

static void put_form(struct buf *b, struct ansa_bytes name)
{
        buf_text(b, "<form method=\"get\" action=\"/\" role=\"search\">\n"
                    "<label for=\"hdl\">Identifier</label>\n"
                    "<input id=\"hdl\" name=\"hdl\" required dir=\"auto\" autocomplete=\"off\" "
                    "autocapitalize=\"off\" spellcheck=\"false\" value=\"");
        html_put_text(b, name);
        /* To its record: browsers let no form lead to another host that form-action does not name. */
        buf_text(b, "\">\n<input type=\"hidden\" name=\"noredirect\" value=\"\">\n"
                    "<button>Look up</button>\n</form>\n");
}

void resolver_page_form(struct buf *b)
{
        html_begin(b, "Look up an identifier", (struct ansa_bytes){ 0 });
        buf_text(b, "<h1>Look up an identifier</h1>\n");
        put_form(b, (struct ansa_bytes){ 0 });
        buf_text(b, "<p>For example <code>10.1000/182</code>, <code>hdl:20.1000/100</code> or the "
                    "address of another resolver.</p>\n");
        html_end(b);
}

void resolver_page_help(struct buf *b)
{
        static const char *const parameters[][2] = {
                { "?noredirect", "shows the record instead of following it" },
                { "?type=URL", "only values of that type; may be repeated" },
                { "?index=1", "only the value with that index; may be repeated" },
                { "?urlappend=/page", "appends to the address that it leads to" },
                { "?locatt=language:de", "prefers a location with that attribute" },
                { "?ignore_aliases",
                  "does not go on to the identifier of which this is another name" },
                { "?auth", "asks a server that keeps the original" },
                { "?action=showlocations", "lists the locations (XML)" },
                { "?action=metadata", "leads to a description of the object" },
                { "?action=rest", "gives the record as JSON" },
        };
        html_begin(b, "Help", (struct ansa_bytes){ 0 });
        buf_text(b, "<h1>Identifiers and this server</h1>\n<p>An identifier such as "
                    "<code>10.1000/182</code> goes behind the address of this server: "
                    "<code>/10.1000/182</code>. You are taken to what it names. Forms like "
                    "<code>doi:10.1000/182</code> do, too. The characters <code>? # %</code> in an "
                    "identifier are written <code>%3F %23 %25</code>.</p>\n");
        put_form(b, (struct ansa_bytes){ 0 });
        buf_text(b, "<h2>What can come behind it</h2>\n<dl>\n");
        for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
                buf_text(b, "<dt><code>");
                html_put_text(b, ansa_bytes_text(parameters[i][0]));
                buf_text(b, "</code></dt><dd>");
                html_put_text(b, ansa_bytes_text(parameters[i][1]));
                buf_text(b, "</dd>\n");
        }
        buf_text(b, "</dl>\n<p>Several are joined by <code>&amp;</code>. Programs read records at "
                    "<code>/api/handles/10.1000/182</code>.</p>\n");
        html_end(b);
}

/* Records */

static void put_times(struct buf *b, const struct ansa_value *v)
{
        buf_text(b, "</td><td>");
        if (v->ttl_type == ANSA_TTL_ABSOLUTE) {
                buf_text(b, "until ");
                text_put_time(b, v->ttl_s);
        } else {
                buf_decimal(b, v->ttl_s);
                buf_text(b, " s");
        }
        buf_text(b, "</td><td>");
        if (v->timestamp_s != 0) {
                buf_text(b, "<time>");
                text_put_time(b, v->timestamp_s);
                buf_text(b, "</time>");
        }
        buf_text(b, "</td></tr>\n");
}

static void put_values(struct buf *b, struct ansa_values values)
{
        struct ansa_value v;
        buf_text(b, "<div class=\"table\" role=\"region\" aria-label=\"Values\" tabindex=\"0\">\n"
                    "<table>\n<thead><tr><th scope=\"col\">Index</th><th scope=\"col\">Type</th>"
                    "<th scope=\"col\">Data</th><th scope=\"col\">Time to live</th>"
                    "<th scope=\"col\">Changed</th></tr></thead>\n<tbody>\n");
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                buf_text(b, "<tr><td>");
                buf_decimal(b, v.index);
                buf_text(b, "</td><th scope=\"row\">");
                html_put_name(b, v.type);
                buf_text(b, "</th><td>");
                resolver_value_put(b, &v);
                put_times(b, &v);
        }
        buf_text(b, "</tbody>\n</table>\n</div>\n");
}

void resolver_page_record(struct buf *b, struct ansa_bytes name, struct ansa_values values,
                          const char *why)
{
        html_begin(b, "Identifier", name);
        buf_text(b, "<h1>");
        html_put_name(b, name);
        buf_text(b, "</h1>\n");
        if (why != NULL) {
                buf_text(b, "<p>");
                buf_text(b, why);
                buf_text(b, "</p>\n");
        }
        put_values(b, values);
        buf_text(b, "<nav aria-label=\"This identifier\"><ul>\n<li>");
        put_href(b, resolver_put_self, name, "", "Follow it");
        buf_text(b, "</li>\n<li>");
        put_href(b, resolver_put_self, name, "?action=showlocations", "Its locations (XML)");
        buf_text(b, "</li>\n<li>");
        put_href(b, resolver_put_api, name, "", "The record as JSON");
        buf_text(b, "</li>\n<li><a href=\"/\">Look up another one</a></li>\n</ul></nav>\n");
        html_end(b);
}

/* Errors */

static void put_title(struct buf *b, const struct resolver_problem *p)
{
        if (p->title_name.size > 0) {
                buf_text(b, "Prefix [");
                html_put_name(b, p->title_name);
                buf_text(b, "] ");
        }
        buf_text(b, p->title);
}

static void put_facts(struct buf *b, const struct resolver_problem *p)
{
        buf_text(b, "<dl>\n<dt>Looked up</dt><dd>");
        html_put_name(b, p->name);
        buf_text(b, "</dd>\n<dt>Where</dt><dd>");
        buf_text(b, p->where);
        buf_text(b, "</dd>\n");
        if (p->detail.size > 0) {
                buf_text(b, "<dt>The answer</dt><dd>");
                html_put_name(b, p->detail);
                buf_text(b, "</dd>\n");
        }
        if (p->code != 0) {
                buf_text(b, "<dt>Response code</dt><dd>");
                buf_decimal(b, p->code);
                buf_text(b, "</dd>\n");
        }
        buf_text(b, "</dl>\n");
}

static void put_advice(struct buf *b, const struct resolver_problem *p)
{
        buf_text(b, "<h2>What you can do</h2>\n<ul>\n");
        if (p->offer_all) {
                buf_text(b, "<li>");
                put_href(b, resolver_put_self, p->name, "?noredirect", "See all values of it");
                buf_text(b, "</li>\n");
        }
        if (p->may_be_mistyped)
                buf_text(b,
                         "<li>Compare it with where you found it: letters that look alike, a full "
                         "stop or bracket of the sentence around it, a line break.</li>\n"
                         "<li>If it came from a link, tell those who published the link.</li>\n");
        if (p->may_pass)
                buf_text(b, "<li>Try again in a while.</li>\n");
        buf_text(b, "<li><a href=\"/\">Look up</a> another identifier.</li>\n</ul>\n");
        put_form(b, p->name);
}

void resolver_page_problem(struct buf *b, const struct resolver_problem *p)
{
        html_begin(b, p->title, p->name);
        buf_text(b, "<h1>");
        put_title(b, p);
        buf_text(b, "</h1>\n<p>");
        buf_text(b, p->what);
        buf_text(b, "</p>\n");
        put_facts(b, p);
        put_advice(b, p);
        html_end(b);
}

void resolver_page_redirect(struct buf *b, struct ansa_bytes location, struct ansa_bytes head)
{
        buf_text(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<title>Redirect</title>\n");
        buf_bytes(b, head);
        buf_text(b, "</head><body><p>This identifier leads to <a href=\"");
        html_put_text(b, location);
        buf_text(b, "\"><bdi>");
        html_put_text(b, location);
        buf_text(b, "</bdi></a>.</p></body></html>\n");
}
