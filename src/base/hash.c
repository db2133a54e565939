/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <endian.h>

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct sip {
        uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
        s->v0 += s->v1;
        s->v1 = ROTL(s->v1, 13) ^ s->v0;
        s->v0 = ROTL(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = ROTL(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = ROTL(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = ROTL(s->v1, 17) ^ s->v2;
        s->v2 = ROTL(s->v2, 32);
}

uint64_t hash_bytes(const struct hash_key *key, struct ansa_bytes bytes)
{
        struct sip s = { key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
                         key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u };
        const uint8_t *p = bytes.at;
        size_t left = bytes.size;
        for (; left >= 8; left -= 8, p += 8) {
                uint64_t m;
                memcpy(&m, p, 8);
                m = le64toh(m);
                s.v3 ^= m;
                sip_round(&s);
                s.v0 ^= m;
        }
        uint64_t last = (uint64_t)bytes.size << 56;
        for (size_t i = 0; i < left; i++)
                last |= (uint64_t)p[i] << (8 * i);
        s.v3 ^= last;
        sip_round(&s);
        s.v0 ^= last;
        s.v2 ^= 0xff;
        sip_round(&s);
        sip_round(&s);
        sip_round(&s);
        return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
