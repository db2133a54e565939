/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to the resolver core: the input is u16 sizes, each followed by that many octets. */
#include "ansa/core.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t room[4096];
        struct ansa_core core;
        struct ansa_core_query query = { .name = ANSA_BYTES_LIT("35.TEST/1"),
                                         .request_id = 0x01020304,
                                         .now_s = 1700000000u };
        enum ansa_err err = ANSA_E_BUSY;
        ansa_core_begin(&core, &query, room, sizeof(room));
        while (err == ANSA_E_BUSY && size >= 2) {
                size_t n = (size_t)data[0] << 8 | data[1];
                data += 2;
                size -= 2;
                if (n > size)
                        n = size;
                err = ansa_core_feed(&core, (struct ansa_bytes){ data, n });
                data += n;
                size -= n;
        }
        if (err != ANSA_OK)
                return 0;
        struct ansa_values values = ansa_core_values(&core);
        struct ansa_value v;
        uint32_t count = values.count;
        while (ansa_values_next(&values, &v) == ANSA_OK)
                count--;
        if (count != 0)
                abort(); /* what was accepted can be walked to its end */
        return 0;
}
