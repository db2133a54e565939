/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_MEASURES_H
#define ANSA_CLIENT_MEASURES_H

#include "base/hash.h"
#include "client/endpoint.h"

/**
 * What a client has learned about servers: how fast they answer, and which primary took the last
 * change of a prefix (irp-service 3.2). Two small tables; the oldest entry makes room. The caller
 * holds the client's lock.
 */
#define MEASURES_MAX        256u
#define STICKY_MAX          128u
#define MEASURE_LIFETIME_MS 600000u  /* then a server is unknown again, and tried */
#define STICKY_LIFETIME_MS  3600000u /* 60 minutes */
#define MEASURE_FAILED_MS   10000u   /* what a failure counts as */

struct measure {
        struct endpoint server; /* transport ANY: all of them count together */
        uint32_t response_ms;
        uint64_t at_ms; /* 0: free */
};
struct sticky {
        uint64_t prefix; /* hash of the folded prefix; a collision costs nothing but speed */
        struct endpoint server;
        uint64_t at_ms;
};
struct measures {
        struct hash_key key;
        struct measure measure[MEASURES_MAX];
        struct sticky sticky[STICKY_MAX];
};

/** Response time of @server, 0 when unknown. */
uint32_t measures_get(const struct measures *m, const struct endpoint *server, uint64_t now_ms);

/** Take a new one in: a moving average, a quarter of which is the new one. */
void measures_put(struct measures *m, const struct endpoint *server, uint32_t response_ms,
                  uint64_t now_ms);

void measures_stick(struct measures *m, struct ansa_bytes prefix, const struct endpoint *server,
                    uint64_t now_ms);
bool measures_is_sticky(const struct measures *m, struct ansa_bytes prefix,
                        const struct endpoint *server, uint64_t now_ms);

void measures_clear(struct measures *m);

#endif
