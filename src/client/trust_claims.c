/* SPDX-License-Identifier: Apache-2.0 */
/* What one signature or certificate claims (irp-service 10.1). */
#include "base/text.h"
#include "client/trust.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdlib.h>

#define UNDIGESTED_SIZE 8u /* index and timestamp come first in a value and are not covered */
#define DIGESTS_MAX     ANSA_VALUE_COUNT_MAX

bool ref_equal(const struct ansa_ref *a, const struct ansa_ref *b)
{
        return a->index == b->index && name_equal(a->name, b->name, true);
}

enum ansa_trust_result claims_dates(const struct jws *j, uint32_t now_s)
{
        uint64_t from = jws_number(j, "nbf");
        uint64_t until = jws_number(j, "exp");
        if (from != 0 && now_s < from)
                return ANSA_TRUST_NOT_YET_VALID;
        if (until != 0 && now_s > until)
                return ANSA_TRUST_EXPIRED;
        return ANSA_TRUST_TRUSTED;
}

/* "35.TEST" of "0.NA/35.TEST"; empty for other identifiers. */
static struct ansa_bytes prefix_of_record(struct ansa_bytes name)
{
        return name_is_prefix_record(name) ? name_split(name).suffix : (struct ansa_bytes){ 0 };
}

/* The prefix that an identifier is about: its own, or the one whose record it is. */
static struct ansa_bytes prefix_about(struct ansa_bytes name)
{
        struct ansa_bytes record = prefix_of_record(name);
        return record.size > 0 ? record : name_split(name).prefix;
}

static bool is_derived(struct ansa_bytes prefix, struct ansa_bytes parent)
{
        if (parent.size == 0 || prefix.size <= parent.size + 1 || prefix.at[parent.size] != '.')
                return false;
        return text_equal_fold((struct ansa_bytes){ prefix.at, parent.size }, parent);
}

static bool is_under(struct ansa_bytes name, struct ansa_bytes prefix)
{
        return prefix.size > 0 && prefix_of_record(name).size == 0 &&
               text_equal_fold(name_split(name).prefix, prefix);
}

static bool grant_covers(const json_t *grant, struct ansa_bytes name)
{
        const json_t *h = json_object_get(grant, "handle");
        const char *p = json_string_value(json_object_get(grant, "perm"));
        struct ansa_bytes handle = { 0 };
        if (json_is_string(h))
                handle = (struct ansa_bytes){ (const uint8_t *)json_string_value(h),
                                              json_string_length(h) };
        if (p == NULL)
                return false;
        if (strcmp(p, "everything") == 0)
                return true;
        if (handle.size == 0)
                return false;
        struct ansa_bytes prefix = prefix_of_record(handle);
        if (strcmp(p, "thisHandle") == 0)
                return name_equal(handle, name, true) || is_under(name, prefix);
        if (strcmp(p, "derivedPrefixes") == 0)
                return is_derived(prefix_about(name), prefix);
        return strcmp(p, "handlesUnderThisPrefix") == 0 && is_under(name, prefix);
}

bool claims_permit(const struct jws *certificate, struct ansa_bytes name)
{
        const json_t *grants = json_object_get(certificate->claims, "perms");
        for (size_t i = 0; i < json_array_size(grants); i++) {
                if (grant_covers(json_array_get(grants, i), name))
                        return true;
        }
        return false;
}

enum ansa_err value_digest(const struct ansa_value *v, enum digest_algorithm algorithm,
                           uint8_t digest[DIGEST_SIZE_MAX])
{
        size_t size = ansa_value_size(v);
        size_t written;
        uint8_t *at = malloc(size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = ansa_value_encode(v, at, size, &written);
        struct ansa_bytes covered = { at + UNDIGESTED_SIZE, size - UNDIGESTED_SIZE };
        if (err == ANSA_OK)
                err = digest_parts(algorithm, &covered, 1, digest);
        free(at);
        return err;
}

static bool digest_equals(const struct ansa_value *v, enum digest_algorithm algorithm,
                          const char *claimed)
{
        uint8_t own[DIGEST_SIZE_MAX];
        uint8_t room[DIGEST_SIZE_MAX + 3];
        struct buf b = buf_over(room, sizeof(room));
        if (claimed == NULL || text_base64(ansa_bytes_text(claimed), &b) != ANSA_OK ||
            value_digest(v, algorithm, own) != ANSA_OK)
                return false;
        return ansa_bytes_equal(buf_written(&b),
                                (struct ansa_bytes){ own, digest_size(algorithm) });
}

/* The place of the value @index, or count. */
static uint32_t place_of(struct ansa_values values, uint32_t index, struct ansa_value *v)
{
        uint32_t i = 0;
        for (; ansa_values_next(&values, v) == ANSA_OK; i++) {
                if (v->index == index)
                        return i;
        }
        return UINT32_MAX;
}

enum ansa_trust_result claims_digests(const struct jws *j, struct ansa_values values,
                                      bool *is_covered, uint32_t *index)
{
        const json_t *claim = json_object_get(j->claims, "digests");
        const json_t *list = json_object_get(claim, "digests");
        const char *name = json_string_value(json_object_get(claim, "alg"));
        enum digest_algorithm algorithm;
        *index = 0;
        if (name == NULL || digest_from_name(ansa_bytes_text(name), &algorithm) != ANSA_OK ||
            !json_is_array(list) || json_array_size(list) > DIGESTS_MAX)
                return ANSA_TRUST_MALFORMED;
        if (algorithm == ALGORITHM_MD5)
                return ANSA_TRUST_UNSUPPORTED; /* collisions are made at will */
        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *one = json_array_get(list, i);
                const json_t *n = json_object_get(one, "index");
                struct ansa_value v;
                if (!json_is_integer(n) || json_integer_value(n) < 1 ||
                    json_integer_value(n) > UINT32_MAX)
                        return ANSA_TRUST_MALFORMED;
                *index = (uint32_t)json_integer_value(n);
                uint32_t place = place_of(values, *index, &v);
                if (place == UINT32_MAX)
                        return ANSA_TRUST_MISSING_VALUE;
                if (!digest_equals(&v, algorithm,
                                   json_string_value(json_object_get(one, "digest"))))
                        return ANSA_TRUST_BAD_DIGEST;
                is_covered[place] = true;
        }
        *index = 0;
        return ANSA_TRUST_TRUSTED;
}
