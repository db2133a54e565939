/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_SESSION_H
#define ANSA_CLIENT_SESSION_H

#include "client/channel.h"
#include "client/client.h"

#define SESSION_CHANNELS_MAX 64u

/** Channels to the servers that the session's calls went to. One thread at a time. */
struct ansa_session {
        struct ansa_client *client;
        struct channel_options options;
        struct ansa_ref rsa_ref; /* copied */
        uint8_t rsa_ref_name[ANSA_NAME_SIZE_MAX];
        const struct ansa_identity *identity;
        struct crypto_key *rsa_key; /* owned */
        enum ansa_transport transport;
        struct channel *channels;
        size_t channel_count;
};

/** The options of channels outside sessions. */
struct channel_options session_plain_options(const struct ansa_client *client);

/** The channel to @target, made if need be. ANSA_E_LIMIT: to too many servers already. */
ANSA_CHECKED enum ansa_err session_channel(struct ansa_session *s, const struct target *target,
                                           struct channel **channel);

#endif
