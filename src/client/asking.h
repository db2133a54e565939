/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_ASKING_H
#define ANSA_CLIENT_ASKING_H

#include "client/client.h"
#include "client/session.h"
#include "client/udp.h"

/**
 * One question put to the servers that may answer it, until one does: by UDP or a connection, the
 * next server when one fails, IPv6 first and IPv4 300 ms later in a second lane (RFC 8305), a
 * challenge answered on the way. What can change something is sent in one lane only, and never
 * again when it may have arrived.
 */
#define LANES_MAX       2u
#define HEAD_START_MS   300u
#define CHALLENGES_MAX  2u /* rounds; the second when a server first wanted a newer form */
#define ASK_PROBLEM_MAX 320u

enum lane_state {
        LANE_IDLE,
        LANE_HELD,    /* until the head start is over */
        LANE_NEXT,    /* takes the next target */
        LANE_UDP,     /* sent, waits */
        LANE_QUEUED,  /* until its channel is open and free */
        LANE_WAITING, /* sent over its channel, waits */
        LANE_SPENT,   /* no target is left */
};

struct lane {
        enum lane_state state;
        bool is_ipv6;
        size_t target; /* place in targets; valid in UDP, QUEUED, WAITING */
        struct udp udp;
        struct buf out; /* request over UDP */
        struct channel *channel;
        bool owns_channel;
        uint32_t failures; /* of the channel, as seen when it was wanted */
        struct ticket ticket;
        uint64_t begun_ms;
        uint64_t deadline_ms;
};

struct asking {
        struct ansa_client *client;
        struct ansa_session *session;
        const struct ansa_identity *identity;
        struct ask ask;
        bool is_repeatable;
        struct target targets[TARGETS_MAX];
        bool tried[TARGETS_MAX];
        size_t target_count;
        struct lane lanes[LANES_MAX];
        size_t lane_count;
        bool is_merged; /* one lane takes targets of both families */
        uint64_t held_until_ms;
        struct lane *winner; /* has the reply */
        struct buf answer;   /* body of the answer to a challenge */
        struct ask answer_ask;
        uint32_t challenge_id; /* 0: none is being answered */
        uint32_t rounds;
        bool has_renewed;
        /* the outcome */
        struct reply *reply;
        const struct target *server; /* who replied, or failed last; NULL: nobody */
        uint32_t response;           /* of the last refusal when err is not ANSA_OK */
        bool is_over;
        enum ansa_err err;             /* when it is over; before, of the last server that failed */
        char problem[ASK_PROBLEM_MAX]; /* "tcp 192.0.2.1:2641 did not answer in time" */
};

struct question {
        struct ansa_session *session;
        const struct ansa_identity *identity;
        struct ask ask; /* borrowed until asking_end */
        bool is_repeatable;
};

void asking_init(struct asking *a, struct ansa_client *client);

/** Targets must be in a->targets before; at least one. */
void asking_begin(struct asking *a, const struct question *q, size_t target_count);

/** Do what can be done; when a->is_over, a->err tells, and with ANSA_OK there is a->reply. */
void asking_step(struct asking *a);
void asking_waits(const struct asking *a, struct waits *w);

/** The reply has FLAG_CONTINUES and was looked at: wait for the next one. */
void asking_next(struct asking *a);

/** Stop and release; may begin again. */
void asking_end(struct asking *a);

/* lane.c */
void lane_send_again(struct asking *a, struct lane *l); /* to the same target */
void lane_stop(struct lane *l);
void lane_step(struct asking *a, struct lane *l);
void lane_waits(const struct lane *l, struct waits *w);
void asking_failed(struct asking *a, const struct lane *l, enum ansa_err err, const char *what);

/* asking.c, for lanes */
void asking_sending(struct asking *a, struct lane *l); /* @l is about to send */
void asking_replied(struct asking *a, struct lane *l, struct reply *reply);

#endif
