/* SPDX-License-Identifier: Apache-2.0 */
#include "http/links.h"

#include "base/text.h"
#include "http/escape.h"
#include "http/html.h"

/* Those that no record sets; "x-" at the end of a name: all that begin so. */
static const char *const refused[] = {
        /* the message and the connection */
        "connection",
        "content-",
        "date",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "location",
        "proxy-",
        "server",
        "status",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "warning",
        /* caches: what we send follows from the TTLs */
        "age",
        "cache-control",
        "cdn-",
        "cloudflare-",
        "etag",
        "expires",
        "last-modified",
        "pragma",
        "surrogate-",
        "vary",
        /* who the client is, and what it may do */
        "access-control-",
        "authentication-info",
        "authorization",
        "clear-site-data",
        "cookie",
        "cookie2",
        "set-cookie",
        "set-cookie2",
        "www-authenticate",
        /* what a browser thinks of this origin */
        "accept-ch",
        "alt-svc",
        "cross-origin-",
        "critical-ch",
        "document-policy",
        "expect-ct",
        "feature-policy",
        "nel",
        "observe-browsing-topics",
        "origin-agent-cluster",
        "permissions-policy",
        "public-key-pins",
        "public-key-pins-report-only",
        "referrer-policy",
        "refresh",
        "report-to",
        "reporting-endpoints",
        "sec-",
        "service-worker",
        "service-worker-",
        "set-login",
        "sourcemap",
        "speculation-rules",
        "strict-transport-security",
        "supports-loading-mode",
        "timing-allow-origin",
        "x-content-",
        "x-dns-prefetch-control",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
        "x-sourcemap",
        "x-xss-protection",
        /* orders to a proxy in front of us */
        "forwarded",
        "x-accel-",
        "x-forwarded-",
        "x-lighttpd-",
        "x-litespeed-",
        "x-real-ip",
        "x-reproxy-url",
        "x-sendfile",
};

/* Relations that make a browser fetch or run something as part of a page of ours. */
static const char *const active[] = {
        "stylesheet",    "preload",       "prefetch", "prerender",        "preconnect",
        "dns-prefetch",  "manifest",      "icon",     "import",           "expect",
        "modulepreload", "serviceworker", "shortcut", "apple-touch-icon", "compression-dictionary",
};

static bool is_token_character(uint8_t c)
{
        bool is_letter = text_upper(c) >= 'A' && text_upper(c) <= 'Z';
        return is_letter || (c >= '0' && c <= '9') ||
               (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct ansa_bytes name)
{
        for (size_t i = 0; i < name.size; i++) {
                if (!is_token_character(name.at[i]))
                        return false;
        }
        return name.size > 0;
}

/* ASCII that can be seen, and spaces. */
static bool is_plain(struct ansa_bytes text)
{
        for (size_t i = 0; i < text.size; i++) {
                if (text.at[i] < 0x20 || text.at[i] > 0x7e)
                        return false;
        }
        return true;
}

bool links_may_set(struct ansa_bytes name)
{
        if (!is_token(name) || name.size > 64)
                return false;
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                struct ansa_bytes front = ansa_bytes_text(refused[i]);
                struct ansa_bytes begin = name;
                if (front.at[front.size - 1] == '-' && begin.size > front.size)
                        begin.size = front.size;
                if (text_equal_fold(begin, front))
                        return false;
        }
        return true;
}

/* Does @text have one of those relations as a word? */
static bool is_active(struct ansa_bytes text)
{
        for (size_t begin = 0; begin < text.size;) {
                size_t end = begin;
                while (end < text.size && is_token_character(text.at[end]) && text.at[end] != '\'')
                        end++;
                struct ansa_bytes word = { text.at + begin, end - begin };
                for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++) {
                        if (text_equal_fold(word, ansa_bytes_text(active[i])))
                                return true;
                }
                begin = end + 1;
        }
        return false;
}

struct output {
        const struct locations *l;
        links_header_cb each;
        void *context;
        size_t count;
        size_t size;
};

/* Give out what is in @value, unless it was too large; both limits are the list's. */
static enum ansa_err give(struct output *o, struct ansa_bytes name, const struct buf *value,
                          size_t count_max, size_t size_max)
{
        size_t size = name.size + value->size;
        if (value->err == ANSA_E_NO_MEMORY)
                return ANSA_E_NO_MEMORY;
        if (value->err != ANSA_OK || o->count == count_max || size > size_max - o->size)
                return ANSA_OK; /* left out */
        struct links_header header = { .name = name };
        enum ansa_err err = arena_copy(o->l->arena, buf_written(value), &header.value);
        if (err != ANSA_OK)
                return err;
        o->count++;
        o->size += size;
        return o->each(o->context, &header);
}

/* Links */

static void put_quoted(const char *parameter, struct ansa_bytes text, struct buf *b)
{
        if (!is_plain(text) || text.size == 0)
                return;
        buf_text(b, "; ");
        buf_text(b, parameter);
        buf_text(b, "=\"");
        for (size_t i = 0; i < text.size; i++) {
                if (text.at[i] == '"' || text.at[i] == '\\')
                        buf_u8(b, '\\');
                buf_u8(b, text.at[i]);
        }
        buf_u8(b, '"');
}

/* RFC 8187, when it is not ASCII or its language is known. */
static void put_title(const struct xml_node *node, struct buf *b)
{
        struct ansa_bytes title;
        struct ansa_bytes language;
        if (!xml_attribute(node, "title", &title) || title.size == 0)
                return;
        bool has_language = xml_attribute(node, "titlelang", &language) && is_token(language);
        if (is_plain(title) && !has_language) {
                put_quoted("title", title, b);
                return;
        }
        buf_text(b, "; title*=UTF-8'");
        if (has_language)
                escape_put_percent(language, "", b);
        buf_u8(b, '\'');
        escape_put_percent(title, "", b);
}

/* The URL of a node when a browser may follow it; nothing else is written. */
static bool put_target(const struct locations *l, const struct xml_node *node, struct buf *b)
{
        uint8_t room[LINKS_SIZE_MAX];
        struct buf url = buf_over(room, sizeof(room));
        locations_put_href(l, node, &url);
        if (url.err != ANSA_OK || !escape_is_safe_url(buf_written(&url)))
                return false;
        escape_put_location(buf_written(&url), (struct ansa_bytes){ 0 }, b);
        return true;
}

static void put_anchor(const struct locations *l, const struct xml_node *root,
                       const struct xml_node *node, struct buf *b)
{
        uint8_t room[LINKS_SIZE_MAX];
        struct buf url = buf_over(room, sizeof(room));
        struct ansa_bytes text;
        if (xml_attribute(node, "anchor", &text)) {
                locations_put_template(l, text, &url);
        } else if (xml_attribute(node, "anchor-id", &text)) {
                for (const struct xml_node *n = root->children; n != NULL; n = n->next) {
                        struct ansa_bytes id;
                        if (n->name.size > 0 && xml_attribute(n, "id", &id) &&
                            ansa_bytes_equal(id, text)) {
                                locations_put_href(l, n, &url);
                                break;
                        }
                }
        }
        struct ansa_bytes anchor = buf_written(&url);
        if (!escape_is_safe_url(anchor))
                return;
        buf_text(b, "; anchor=\"");
        escape_put_location(anchor, (struct ansa_bytes){ 0 }, b);
        buf_u8(b, '"');
}

static enum ansa_err put_link(struct output *o, const struct xml_node *root,
                              const struct xml_node *node)
{
        static const struct {
                const char *attribute;
                const char *parameter;
        } plain[] = {
                { "media-type", "type" },
                { "target-type", "target-type" },
                { "media", "media" },
                { "hreflang", "hreflang" },
        };
        uint8_t room[LINKS_SIZE_MAX];
        struct buf b = buf_over(room, sizeof(room));
        struct ansa_bytes rel;
        if (!xml_is(node, "location") || !xml_attribute(node, "rel", &rel) ||
            text_trim(rel).size == 0 || !is_plain(rel) || is_active(rel))
                return ANSA_OK;
        buf_u8(&b, '<');
        if (!put_target(o->l, node, &b))
                return ANSA_OK;
        buf_u8(&b, '>');
        put_anchor(o->l, root, node, &b);
        put_quoted("rel", text_trim(rel), &b);
        for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
                struct ansa_bytes value;
                if (xml_attribute(node, plain[i].attribute, &value))
                        put_quoted(plain[i].parameter, value, &b);
        }
        put_title(node, &b);
        return give(o, ANSA_BYTES_LIT("Link"), &b, LINKS_MAX, LINKS_SIZE_MAX);
}

static bool has_local(const struct locations *l)
{
        return (l->links != NULL && l->links->source != LOCATION_NAMESPACE) ||
               (l->headers != NULL && l->headers->source != LOCATION_NAMESPACE);
}

static bool is_suppressed(const struct locations *l, enum location_source source)
{
        return source == LOCATION_NAMESPACE &&
               (locations_flag(l, "suppressNsHeaders") ||
                (locations_flag(l, "suppressNsHeadersIfLocalHeaders") && has_local(l)));
}

static enum ansa_err put_roots(struct output *o, const struct location_root *roots)
{
        enum ansa_err err = ANSA_OK;
        for (const struct location_root *r = roots; r != NULL && err == ANSA_OK; r = r->next) {
                if (is_suppressed(o->l, r->source))
                        continue;
                for (const struct xml_node *n = r->node->children; n != NULL && err == ANSA_OK;
                     n = n->next)
                        err = put_link(o, r->node, n);
        }
        return err;
}

enum ansa_err links_put(const struct locations *l, links_header_cb each, void *context)
{
        struct output o = { .l = l, .each = each, .context = context };
        enum ansa_err err = put_roots(&o, l->links);
        return err == ANSA_OK ? put_roots(&o, l->roots) : err;
}

/* Headers */

static enum ansa_err put_header(struct output *o, struct ansa_bytes line)
{
        const uint8_t *colon = memchr(line.at, ':', line.size);
        if (colon == NULL)
                return ANSA_OK;
        struct ansa_bytes name = { line.at, (size_t)(colon - line.at) };
        struct ansa_bytes value =
                text_trim((struct ansa_bytes){ colon + 1, line.size - name.size - 1 });
        if (!links_may_set(name) || !is_plain(value) || value.size == 0)
                return ANSA_OK;
        if (text_equal_fold(name, ANSA_BYTES_LIT("Link")) && is_active(value))
                return ANSA_OK;
        uint8_t room[LINKS_HEADERS_SIZE];
        struct buf b = buf_over(room, sizeof(room));
        locations_put_template(o->l, value, &b);
        return give(o, name, &b, LINKS_HEADERS_MAX, LINKS_HEADERS_SIZE);
}

/* The elements and attributes that say something about a page and do nothing. */
static const struct {
        const char *element;
        const char *attributes[8];
} inert[] = {
        { "meta", { "name", "property", "content", "lang", "scheme", "itemprop" } },
        { "link", { "rel", "href", "type", "title", "hreflang", "media", "sizes" } },
};

static bool is_inert_attribute(size_t element, struct ansa_bytes name)
{
        for (size_t i = 0; i < 8 && inert[element].attributes[i] != NULL; i++) {
                if (text_equal_fold(name, ansa_bytes_text(inert[element].attributes[i])))
                        return true;
        }
        return false;
}

/*
 * Names of <meta> that say something to browsers about this page, or to others about who owns
 * this host.
 */
static bool is_ours_to_say(struct ansa_bytes name)
{
        static const char *const names[] = { "referrer", "viewport", "color-scheme",
                                             "theme-color" };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (text_equal_fold(text_trim(name), ansa_bytes_text(names[i])))
                        return true;
        }
        for (size_t i = 0; i + 5 <= name.size; i++) {
                if (text_equal_fold((struct ansa_bytes){ name.at + i, 5 }, ANSA_BYTES_LIT("verif")))
                        return true;
        }
        return false;
}

static bool is_inert(const struct xml_node *node, size_t element)
{
        for (const struct xml_attribute *a = node->attributes; a != NULL; a = a->next) {
                if (!is_inert_attribute(element, a->name))
                        return false;
                if (text_equal_fold(a->name, ANSA_BYTES_LIT("rel")) && is_active(a->value))
                        return false;
                if (text_equal_fold(a->name, ANSA_BYTES_LIT("name")) && is_ours_to_say(a->value))
                        return false;
        }
        return node->attributes != NULL && node->children == NULL;
}

static void put_element(const struct locations *l, const struct xml_node *node, const char *name,
                        struct buf *head)
{
        uint8_t room[LINKS_HEADERS_SIZE];
        buf_u8(head, '<');
        buf_text(head, name);
        for (const struct xml_attribute *a = node->attributes; a != NULL; a = a->next) {
                struct buf value = buf_over(room, sizeof(room));
                locations_put_template(l, a->value, &value);
                if (text_equal_fold(a->name, ANSA_BYTES_LIT("href")) &&
                    !escape_is_safe_url(buf_written(&value)))
                        continue;
                buf_u8(head, ' ');
                buf_bytes(head, a->name); /* one of the listed, so letters */
                buf_text(head, "=\"");
                html_put_text(head, buf_written(&value));
                buf_u8(head, '"');
        }
        buf_text(head, ">\n");
}

/* "<meta ...>" or "<link ...>", as HTML or XML has them; quotes are wanted around values. */
static enum ansa_err put_head(const struct locations *l, struct ansa_bytes line, struct buf *head)
{
        uint8_t room[LINKS_HEADER_SIZE_MAX + 1];
        struct buf document = buf_over(room, sizeof(room));
        bool is_closed = line.size > 1 && line.at[line.size - 2] == '/';
        if (line.at[line.size - 1] != '>')
                return ANSA_OK;
        buf_bytes(&document, (struct ansa_bytes){ line.at, line.size - 1 });
        buf_text(&document, is_closed ? ">" : "/>");
        const struct xml_node *node;
        enum ansa_err err = xml_parse(buf_written(&document), l->arena, &node);
        if (err != ANSA_OK)
                return err == ANSA_E_NO_MEMORY ? err : ANSA_OK;
        for (size_t i = 0; i < sizeof(inert) / sizeof(inert[0]); i++) {
                size_t before = head->size;
                if (!text_equal_fold(node->name, ansa_bytes_text(inert[i].element)) ||
                    !is_inert(node, i))
                        continue;
                put_element(l, node, inert[i].element, head);
                if (head->err == ANSA_OK && head->size > LINKS_HEAD_SIZE_MAX)
                        head->size = before;
        }
        return head->err;
}

static struct ansa_bytes next_line(struct ansa_bytes *rest)
{
        size_t size = 0;
        while (size < rest->size && rest->at[size] != '\n' && rest->at[size] != '\r')
                size++;
        struct ansa_bytes line = { rest->at, size };
        size += size < rest->size;
        *rest = (struct ansa_bytes){ rest->at + size, rest->size - size };
        return text_trim(line);
}

enum ansa_err links_put_headers(const struct locations *l, links_header_cb each, void *context,
                                struct buf *head)
{
        struct output o = { .l = l, .each = each, .context = context };
        enum ansa_err err = ANSA_OK;
        size_t lines = 0;
        for (const struct location_headers *h = l->headers; h != NULL; h = h->next) {
                struct ansa_bytes rest = h->text;
                if (is_suppressed(l, h->source))
                        continue;
                while (rest.size > 0 && err == ANSA_OK && lines < 256) {
                        struct ansa_bytes line = next_line(&rest);
                        lines++;
                        if (line.size == 0 || line.size > LINKS_HEADER_SIZE_MAX)
                                continue;
                        err = line.at[0] == '<' ? put_head(l, line, head) : put_header(&o, line);
                }
        }
        return err;
}
