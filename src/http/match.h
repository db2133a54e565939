/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_MATCH_H
#define ANSA_HTTP_MATCH_H

#include "ansa/bytes.h"

/* Small readers of header values. */

/** Without spaces and tabs around it. */
struct ansa_bytes match_trim(struct ansa_bytes text);

/** Take the next item off a comma list (quotes respected), trimmed; false at its end. */
bool match_next_item(struct ansa_bytes *list, struct ansa_bytes *item);

/** Is @etag in If-Match or If-None-Match, or is that "*"? @weakly: W/ makes no difference. */
bool match_etag(struct ansa_bytes header, struct ansa_bytes etag, bool weakly);

/** Does Accept-Encoding accept @coding (q other than 0)? "*" is not taken as yes. */
bool match_accepts_coding(struct ansa_bytes header, const char *coding);

/** The media type of Content-Type is @type; parameters and case make no difference. */
bool match_media_type(struct ansa_bytes header, const char *type);

#endif
