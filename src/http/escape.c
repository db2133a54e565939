/* SPDX-License-Identifier: Apache-2.0 */
#include "http/escape.h"

#include "base/text.h"

static bool is_letter(uint8_t c)
{
        return text_upper(c) >= 'A' && text_upper(c) <= 'Z';
}

static bool is_digit(uint8_t c)
{
        return c >= '0' && c <= '9';
}

static bool is_one_of(uint8_t c, const char *set)
{
        return c != '\0' && strchr(set, c) != NULL;
}

/* ASCII characters as bits. */
struct octet_set {
        uint64_t low;
        uint64_t high;
};

/* Letters, digits, "-._~"; and these with ":/?#[]@!$&'()*+,;=%". */
static const struct octet_set unreserved = { UINT64_C(0x03ff600000000000),
                                             UINT64_C(0x47fffffe87fffffe) };
static const struct octet_set of_urls = { UINT64_C(0xaffffffa00000000),
                                          UINT64_C(0x47fffffeafffffff) };

static bool is_in(uint8_t c, struct octet_set set)
{
        return c < 128 && ((c < 64 ? set.low : set.high) >> (c & 63) & 1) != 0;
}

static void put_octet(uint8_t c, struct buf *b)
{
        static const char digits[] = "0123456789ABCDEF";
        buf_u8(b, '%');
        buf_u8(b, (uint8_t)digits[c >> 4]);
        buf_u8(b, (uint8_t)digits[c & 15]);
}

static void put_encoded(struct ansa_bytes octets, struct octet_set set, const char *kept,
                        struct buf *b)
{
        size_t run = 0;
        for (size_t i = 0; i < octets.size; i++) {
                uint8_t c = octets.at[i];
                if (is_in(c, set) || is_one_of(c, kept))
                        continue;
                buf_bytes(b, (struct ansa_bytes){ octets.at + run, i - run });
                put_octet(c, b);
                run = i + 1;
        }
        if (run < octets.size)
                buf_bytes(b, (struct ansa_bytes){ octets.at + run, octets.size - run });
}

void escape_put_percent(struct ansa_bytes octets, const char *kept, struct buf *b)
{
        put_encoded(octets, unreserved, kept, b);
}

/* A segment of dots would be taken out by whoever tidies the path up. */
static bool is_dots(struct ansa_bytes segment)
{
        return (segment.size == 1 && segment.at[0] == '.') ||
               (segment.size == 2 && segment.at[0] == '.' && segment.at[1] == '.');
}

void escape_put_path(struct ansa_bytes name, struct buf *b)
{
        size_t begin = 0;
        for (size_t i = 0; i <= name.size; i++) {
                if (i < name.size && name.at[i] != '/')
                        continue;
                struct ansa_bytes segment = { name.at + begin, i - begin };
                if (i > begin && is_dots(segment)) {
                        for (size_t d = 0; d < segment.size; d++)
                                put_octet('.', b);
                } else if (i > begin) {
                        escape_put_percent(segment, "!$'()*,:@=", b);
                }
                /* Of several slashes in a row all but the first are encoded, for the same reason. */
                if (i < name.size && (i > begin || i == 0))
                        buf_u8(b, '/');
                else if (i < name.size)
                        put_octet('/', b);
                begin = i + 1;
        }
}

static int hex_digit(uint8_t c)
{
        c = text_upper(c);
        if (is_digit(c))
                return c - '0';
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void escape_put_decoded(struct ansa_bytes text, bool plus_is_space, struct buf *b)
{
        for (size_t i = 0; i < text.size; i++) {
                uint8_t c = text.at[i];
                int high = c == '%' && text.size - i > 2 ? hex_digit(text.at[i + 1]) : -1;
                int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
                if (low >= 0) {
                        c = (uint8_t)(high << 4 | low);
                        i += 2;
                } else if (c == '+' && plus_is_space) {
                        c = ' ';
                }
                buf_u8(b, c);
        }
}

/* In a scheme, besides letters and not at its front. */
static bool is_of_scheme(uint8_t c)
{
        return is_digit(c) || c == '+' || c == '-' || c == '.';
}

/* Octets of the scheme, without its colon; 0 when there is none. */
static size_t scheme_size(struct ansa_bytes url)
{
        size_t i = 0;
        while (i < url.size && (is_letter(url.at[i]) || (i > 0 && is_of_scheme(url.at[i]))))
                i++;
        return i < url.size && url.at[i] == ':' ? i : 0;
}

/* What ends the host of a URL; browsers take "\" for "/". */
static bool ends_host(uint8_t c)
{
        return c == '/' || c == '?' || c == '#' || c == '\\';
}

/* Octets up to the end of the host and its port; 0 when there is no host. */
static size_t host_end(struct ansa_bytes url, size_t scheme)
{
        size_t begin = scheme + 3;
        if (url.size <= begin || memcmp(url.at + scheme, "://", 3) != 0)
                return 0;
        size_t end = begin;
        while (end < url.size && !ends_host(url.at[end]))
                end++;
        return end > begin ? end : 0;
}

/* With a host after "//", and without. */
static const char *const host_schemes[] = { "https", "http", "ftp",   "ftps", "sftp", "ldap",
                                            "ldaps", "rtsp", "rtsps", "nntp", "irc",  "ircs" };
static const char *const other_schemes[] = { "mailto", "tel",  "sip",  "sips", "sms",  "geo",
                                             "news",   "urn",  "xmpp", "ipfs", "ipns", "magnet",
                                             "doi",    "info", "hdl",  "ark",  "swh" };

static bool is_listed(struct ansa_bytes scheme, const char *const *list, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (text_equal_fold(scheme, ansa_bytes_text(list[i])))
                        return true;
        }
        return false;
}

static bool has_host_scheme(struct ansa_bytes url, size_t size)
{
        return is_listed((struct ansa_bytes){ url.at, size }, host_schemes,
                         sizeof(host_schemes) / sizeof(host_schemes[0]));
}

bool escape_is_safe_url(struct ansa_bytes url)
{
        url = text_trim(url);
        size_t size = scheme_size(url);
        if (size == 0)
                return false;
        if (has_host_scheme(url, size))
                return host_end(url, size) > 0;
        return is_listed((struct ansa_bytes){ url.at, size }, other_schemes,
                         sizeof(other_schemes) / sizeof(other_schemes[0]));
}

/* "%" as it is: what stands there is encoded already, or would be twice. */
static void put_url_octets(struct ansa_bytes url, struct buf *b)
{
        put_encoded(url, of_urls, "", b);
}

void escape_put_location(struct ansa_bytes url, struct ansa_bytes append, struct buf *b)
{
        url = text_trim(url);
        size_t scheme = scheme_size(url);
        put_url_octets(url, b);
        while (append.size > 0 && append.at[append.size - 1] <= ' ')
                append.size--;
        if (append.size == 0)
                return;
        if (scheme > 0 && has_host_scheme(url, scheme) && host_end(url, scheme) == url.size &&
            !is_one_of(append.at[0], "/?#"))
                buf_u8(b, '/');
        put_url_octets(append, b);
}
