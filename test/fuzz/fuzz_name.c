/* SPDX-License-Identifier: Apache-2.0 */
/* A name and its folded key are the same identifier, and hash alike. */
#include "base/assert.h"
#include "base/limits.h"
#include "wire/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct ansa_bytes name, bool case_sensitive)
{
        uint8_t at[NAME_KEY_SIZE_MAX], again[NAME_KEY_SIZE_MAX];
        size_t size, again_size;
        enum ansa_err err = name_fold(name, case_sensitive, at, sizeof(at), &size);
        ansa_assert(err == ANSA_OK || (err == ANSA_E_LIMIT && name.size > LIMIT_NAME_SIZE));
        if (err != ANSA_OK)
                return;
        struct ansa_bytes key = { at, size };
        ansa_assert(name_equal(name, key, case_sensitive));
        ansa_assert(name_fold(key, case_sensitive, again, sizeof(again), &again_size) == ANSA_OK);
        ansa_assert(ansa_bytes_equal(key, (struct ansa_bytes){ again, again_size }));
        ansa_assert(name_is_prefix_record(name) == name_is_prefix_record(key));
        ansa_assert(name_is_global(name) == name_is_global(key));
        for (int option = ANSA_HASH_PREFIX; option <= ANSA_HASH_ALL; option++)
                ansa_assert(name_hash(name, (enum ansa_hash_option)option) ==
                            name_hash(key, (enum ansa_hash_option)option));
        if (name_problem(name) == NULL)
                ansa_assert(size > LIMIT_NAME_SIZE || name_problem(key) == NULL);
}

/* Going from parent to parent ends at the root. */
static void climb(struct ansa_bytes name)
{
        uint8_t at[2][NAME_KEY_SIZE_MAX + 5];
        struct ansa_bytes here = name;
        for (unsigned step = 0;; step++) {
                struct buf b = buf_over(at[step % 2], sizeof(at[0]));
                if (!name_put_parent(here, &b))
                        break;
                ansa_assert(b.err == ANSA_OK && step <= LIMIT_NAME_SIZE);
                here = buf_written(&b);
        }
        ansa_assert(ansa_bytes_equal(here, name) || name_equal(here, ANSA_BYTES_LIT("0.NA"), true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes name = { data, size };
        check_key(name, false);
        check_key(name, true);
        if (size <= LIMIT_NAME_SIZE)
                climb(name);
        ansa_assert(name_from_user(name).size <= size);
        struct ansa_ref ref, again;
        if (ref_from_text(name, &ref) == ANSA_OK) {
                struct buf b = buf_growing(size + 16);
                ref_put_text(&ref, &b);
                ansa_assert(ref_from_text(buf_written(&b), &again) == ANSA_OK);
                ansa_assert(again.index == ref.index && ansa_bytes_equal(again.name, ref.name));
                buf_fini(&b);
        }
        return 0;
}
