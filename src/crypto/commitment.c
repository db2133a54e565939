/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/commitment.h"

#include "base/buf.h"

/* First octets of what is hashed: none is the beginning of another's input. 0 and 1 are of the
 * log and of trees of values, 2 and 3 of the dictionary (crypto/dictionary.h). */
enum domain {
        DOMAIN_VALUE = 0,
        DOMAIN_RECORD = 4,
        DOMAIN_SALT = 5,
        DOMAIN_HOME = 6,
        DOMAIN_SITE = 7,
        DOMAIN_SETTINGS = 8,
};

static void hash_domain(const struct hasher *h, enum domain domain, struct ansa_bytes a,
                        struct ansa_bytes b, struct hash256 *hash)
{
        const uint8_t octet = (uint8_t)domain;
        const struct ansa_bytes parts[] = { { &octet, 1 }, a, b };
        h->sha256(h, parts, 3, hash);
}

void commitment_salt(const struct hasher *h, const struct salt *salt, uint32_t position,
                     struct salt *own)
{
        uint8_t number[4];
        struct hash256 hash;
        store_u32(number, position);
        hash_domain(h, DOMAIN_SALT, (struct ansa_bytes){ salt->at, SALT_SIZE },
                    (struct ansa_bytes){ number, sizeof(number) }, &hash);
        memcpy(own->at, hash.at, SALT_SIZE);
}

void commitment_value(const struct hasher *h, const struct salt *own, struct ansa_bytes value,
                      struct hash256 *leaf)
{
        hash_domain(h, DOMAIN_VALUE, (struct ansa_bytes){ own->at, SALT_SIZE }, value, leaf);
}

void commitment_record(const struct hasher *h, uint32_t count, uint32_t public_count,
                       const struct hash256 *values_root, struct hash256 *commitment)
{
        uint8_t counts[8];
        store_u32(counts, count);
        store_u32(counts + 4, public_count);
        hash_domain(h, DOMAIN_RECORD, (struct ansa_bytes){ counts, sizeof(counts) },
                    (struct ansa_bytes){ values_root->at, HASH_SIZE }, commitment);
}

void commitment_home(const struct hasher *h, uint64_t since_s, struct hash256 *commitment)
{
        uint8_t since[8];
        store_u32(since, (uint32_t)(since_s >> 32));
        store_u32(since + 4, (uint32_t)since_s);
        hash_domain(h, DOMAIN_HOME, (struct ansa_bytes){ since, sizeof(since) },
                    (struct ansa_bytes){ 0 }, commitment);
}

void commitment_site(const struct hasher *h, struct ansa_bytes site, struct hash256 *commitment)
{
        hash_domain(h, DOMAIN_SITE, site, (struct ansa_bytes){ 0 }, commitment);
}

void commitment_settings(const struct hasher *h, struct ansa_bytes lines,
                         struct hash256 *commitment)
{
        hash_domain(h, DOMAIN_SETTINGS, lines, (struct ansa_bytes){ 0 }, commitment);
}

/* Identifiers have no octet 0: what begins with one is none. */
#define HOME_FRONT    ANSA_BYTES_LIT("\0home")
#define SITE_NAME     ANSA_BYTES_LIT("\0site")
#define SETTINGS_NAME ANSA_BYTES_LIT("\0settings")

void dictionary_key_record(const struct hasher *h, struct ansa_bytes folded, struct hash256 *key)
{
        hasher_one(h, folded.at, folded.size, key);
}

void dictionary_key_home(const struct hasher *h, struct ansa_bytes folded, struct hash256 *key)
{
        const struct ansa_bytes parts[] = { HOME_FRONT, folded };
        h->sha256(h, parts, 2, key);
}

void dictionary_key_site(const struct hasher *h, struct hash256 *key)
{
        const struct ansa_bytes name = SITE_NAME;
        hasher_one(h, name.at, name.size, key);
}

void dictionary_key_settings(const struct hasher *h, struct hash256 *key)
{
        const struct ansa_bytes name = SETTINGS_NAME;
        hasher_one(h, name.at, name.size, key);
}
