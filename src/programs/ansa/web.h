/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_WEB_H
#define ANSA_PROGRAMS_ANSA_WEB_H

#include "base/buf.h"
#include "client/tls.h"
#include "programs/ansa/cli.h"

#include <curl/curl.h>

/**
 * REST of a server (rest-api), for the verbs that take --http URL. Over https the server is
 * checked by the key in a site record (--site FILE), as over the native TLS, else by the
 * certificate authorities of the system or of --ca FILE.
 */
struct web {
        const struct cli *cli;
        char *base; /* without "/" at its end */
        const char *ca;
        long timeout_s;
        struct tls_expected expected; /* key empty: by authorities */
        uint8_t *site;
        char *authorization; /* a header line; NULL: nobody */
};

/** Where to, and who we are (--as with --key or --secret-file). Says what is wrong. */
enum exit_status web_open(const struct cli *c, struct web *w);
void web_close(struct web *w);

/** One request. Headers and body are kept until web_call_fini. */
struct web_call {
        CURL *easy;
        struct curl_slist *headers;
        struct buf answer;
        char error[CURL_ERROR_SIZE];
};

#define WEB_ANSWER_MAX (64u << 20)

/**
 * A handle ready for curl_easy_perform or a multi handle. @path begins with "/"; @type is the
 * media type of @body, NULL: there is none. @header: one more header line, or NULL.
 */
enum ansa_err web_call_init(const struct web *w, struct web_call *call, const char *method,
                            const char *path, const char *type, struct ansa_bytes body,
                            const char *header);
void web_call_fini(struct web_call *call);

/** The HTTP status, 0 when none came. */
long web_call_status(const struct web_call *call);

/** "message" or "detail" of an answer in JSON, else what its status means; in @text. */
void web_call_problem(const struct web_call *call, char *text, size_t room);

#endif
