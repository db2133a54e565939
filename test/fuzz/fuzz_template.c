/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A namespace document and the extension it is applied to. Input: the extension, a newline,
 * the document. Whatever it is, what comes out are well-formed values within the limits, and
 * nobody outside is asked.
 */
#include "base/assert.h"
#include "base/limits.h"
#include "identifier/template.h"
#include "store/engines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t base_key[] = "1234/ABC";

/* 1234/abc with a URL and a value that is neither public nor text. */
static void put_base(struct store *s, struct arena *arena)
{
        const struct ansa_value values[] = {
                { .index = 1,
                  .permissions = ANSA_PERM_DEFAULT,
                  .type = ANSA_BYTES_LIT("URL"),
                  .data = ANSA_BYTES_LIT("http://example.org/abc") },
                { .index = 7, .type = ANSA_BYTES_LIT("X"), .data = ANSA_BYTES_LIT("\xff\0\xfe") },
        };
        uint8_t at[256];
        size_t size = 0;
        for (size_t i = 0; i < 2; i++) {
                size_t one = 0;
                ansa_assert(ansa_value_encode(&values[i], at + size, sizeof(at) - size, &one) ==
                            ANSA_OK);
                size += one;
        }
        const struct ansa_bytes key = { base_key, sizeof(base_key) - 1 };
        struct ansa_bytes stored;
        struct store_txn *txn;
        ansa_assert(record_encode(key, key, (struct ansa_values){ { at, size }, 2 }, NULL, arena,
                                  &stored) == ANSA_OK);
        ansa_assert(store_begin(s, STORE_WRITE, &txn) == ANSA_OK);
        ansa_assert(store_put(txn, STORE_RECORDS, key, stored) == ANSA_OK);
        ansa_assert(store_commit(txn) == ANSA_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        if (end == NULL || (size_t)(end - data) > 1024)
                return 0;
        size_t extension = (size_t)(end - data);
        uint8_t name[9 + 1024] = "1234/abc@";
        memcpy(name + 9, data, extension);

        struct identifier service = { 0 };
        struct settings settings = { .server_count = 1 };
        struct view v = { .service = &service, .settings = &settings, .config = &settings.config };
        struct arena arena;
        settings.config.namespace_xml = (struct ansa_bytes){ end + 1, size - extension - 1 };
        arena_init(&arena, 8u << 20);
        v.arena = &arena;
        ansa_assert(store_memory_open(&service.store) == ANSA_OK);
        put_base(service.store, &arena);
        ansa_assert(store_begin(service.store, STORE_READ, &v.txn) == ANSA_OK);

        struct ansa_values values;
        uint32_t code = template_resolve(&v, (struct ansa_bytes){ name, 9 + extension }, &values);
        ansa_assert(code == RC_SUCCESS || code == RC_NOT_FOUND || code == RC_ERROR);
        ansa_assert(code == RC_SUCCESS || values.count == 0);
        ansa_assert(values.wire.size <= LIMIT_MESSAGE_SIZE);
        struct ansa_value value;
        while (values.count > 0) {
                ansa_assert(ansa_values_next(&values, &value) == ANSA_OK);
                ansa_assert(value.index != 0);
        }
        ansa_assert(values.wire.size == 0 && !v.needs_slow);
        store_abort(v.txn);
        store_close(service.store);
        arena_fini(&arena);
        return 0;
}
