/* SPDX-License-Identifier: Apache-2.0 */
/* HS_ADMIN, HS_VLIST, keys, key files, root_info: what decodes encodes to the same, or to an equal. */
#include "base/assert.h"
#include "wire/data.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_admin(struct ansa_bytes wire, struct buf *b)
{
        struct admin_data a;
        if (admin_data_decode(wire, &a) != ANSA_OK)
                return;
        admin_data_encode(&a, b);
        ansa_assert(ansa_bytes_equal(buf_written(b), wire));
}

static void check_vlist(struct ansa_bytes wire, struct buf *b)
{
        struct ansa_refs refs;
        if (vlist_decode(wire, &refs) != ANSA_OK)
                return;
        struct ansa_ref *list = calloc(refs.count + 1u, sizeof(*list));
        ansa_assert(list != NULL);
        uint32_t count = refs.count;
        for (uint32_t i = 0; i < count; i++)
                ansa_assert(ansa_refs_next(&refs, &list[i]) == ANSA_OK);
        vlist_encode(list, count, b);
        ansa_assert(ansa_bytes_equal(buf_written(b), wire));
        free(list);
}

static void check_key(struct ansa_bytes wire, bool is_private, struct buf *b)
{
        struct ansa_key key, again;
        if ((is_private ? private_key_decode(wire, &key) : key_decode(wire, &key)) != ANSA_OK)
                return;
        ansa_assert(key.is_private == is_private && key.part_count <= ANSA_KEY_PART_MAX);
        if (is_private)
                private_key_encode(&key, b);
        else
                key_encode(&key, b);
        ansa_assert(b->err == ANSA_OK);
        struct ansa_bytes written = buf_written(b);
        ansa_assert((is_private ? private_key_decode(written, &again)
                                : key_decode(written, &again)) == ANSA_OK);
        ansa_assert(key_equal(&key, &again));
}

static void check_file(struct ansa_bytes wire, struct buf *b)
{
        struct key_file f;
        if (key_file_decode(wire, &f) != ANSA_OK)
                return;
        key_file_encode(&f, b);
        ansa_assert(ansa_bytes_equal(buf_written(b), wire));
}

static void check_root_info(struct ansa_bytes wire)
{
        struct ansa_values values;
        struct ansa_value value;
        if (root_info_decode(wire, &values) != ANSA_OK)
                return;
        while (values.count > 0)
                ansa_assert(ansa_values_next(&values, &value) == ANSA_OK);
}

/* The first octet chooses the codec. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        struct ansa_bytes wire = { data + 1, size - 1 };
        struct buf b = buf_growing(size + 16384);
        switch (data[0] % 6) {
        case 0:
                check_admin(wire, &b);
                break;
        case 1:
                check_vlist(wire, &b);
                break;
        case 2:
                check_key(wire, false, &b);
                break;
        case 3:
                check_key(wire, true, &b);
                break;
        case 4:
                check_file(wire, &b);
                break;
        default:
                check_root_info(wire);
        }
        buf_fini(&b);
        return 0;
}
