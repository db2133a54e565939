/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_ONLINE_H
#define ANSA_PROGRAMS_ANSA_ONLINE_H

#include "ansa/client.h"
#include "programs/ansa/cli.h"

/** What the verbs that talk to servers share: a client made from the options, and who asks. */
struct online {
        const struct cli *cli;
        struct ansa_client *client;
        struct ansa_identity *identity; /* NULL: nobody */
        struct ansa_session *session;   /* NULL: none */
        enum ansa_transport transport;
        uint32_t timeout_ms;
};

/** Says what is wrong; EXIT_DONE when ready. End with online_close in any case. */
enum exit_status online_open(const struct cli *c, struct online *o);
void online_close(struct online *o);

/** Who asks by --as and --key or --secret-file; NULL: nobody. Says what is wrong. */
enum exit_status online_identity(const struct cli *c, struct ansa_identity **identity);

/** Fill in what comes from the options, run, tell an error. *call is to be freed. */
enum exit_status online_run(struct online *o, struct ansa_request *request,
                            struct ansa_call **call);

#endif
