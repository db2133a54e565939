/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_HTML_H
#define ANSA_HTTP_HTML_H

#include "base/buf.h"

/**
 * HTML in which strangers' octets are shown. Whatever they are, they stay text: in an element
 * as well as in an attribute with double quotes.
 */

/** Append octets as text: markup escaped; U+FFFD for what is no UTF-8 and for control characters. */
void html_put_text(struct buf *b, struct ansa_bytes octets);

/** The same without more than @max characters; "…" when some were left out. True: they were. */
bool html_put_cut(struct buf *b, struct ansa_bytes octets, size_t max);

/** A name or value within a sentence, whatever the direction of its script: <bdi>. */
void html_put_name(struct buf *b, struct ansa_bytes octets);

/** A link to @url when a browser may be sent there (escape_is_safe_url), else the text alone. */
void html_put_link(struct buf *b, struct ansa_bytes url);

/**
 * A page: begin, content, end. @title is ours, @name (may be empty) a stranger's. The page is
 * whole without its stylesheet /web/resolver.css.
 */
void html_begin(struct buf *b, const char *title, struct ansa_bytes name);
void html_end(struct buf *b);

/** For every page that is begun with html_begin: no script, nothing from elsewhere. */
#define HTML_POLICY                                                                           \
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri " \
        "'none'; frame-ancestors 'none'"

#endif
