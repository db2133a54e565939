/* SPDX-License-Identifier: Apache-2.0 */
/* HS_SIGNATURE and HS_CERT texts: read, and used as a record's signature and as a certificate. */
#include "client/trust.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[262144];

/* A record of one value of type @type with the text. */
static struct ansa_values record_of(const char *type, struct ansa_bytes text)
{
        struct ansa_value v = { .index = 1,
                                .permissions = ANSA_PERM_DEFAULT,
                                .type = ansa_bytes_text(type),
                                .data = text };
        size_t size;
        if (ansa_value_encode(&v, room, sizeof(room), &size) != ANSA_OK)
                return (struct ansa_values){ 0 };
        return (struct ansa_values){ { room, size }, 1 };
}

static enum ansa_err fetch(void *context, struct ansa_bytes name, struct ansa_values *values)
{
        (void)name;
        *values = record_of("HS_CERT", *(const struct ansa_bytes *)context);
        return ANSA_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes text = { data, size };
        struct ansa_trust trust;
        struct ansa_values record = record_of("HS_SIGNATURE", text);
        struct ansa_trust_input input = { .name = ANSA_BYTES_LIT("35.TEST/1"),
                                          .values = record,
                                          .required = &text,
                                          .required_count = 1,
                                          .now_s = 1700000000u,
                                          .fetch = fetch,
                                          .context = &text };
        if (record.count == 0 || ansa_trust_check(&input, &trust) != ANSA_OK)
                return 0;
        input.required_count = 0;
        if (ansa_trust_check(&input, &trust) == ANSA_OK && trust.result == ANSA_TRUST_TRUSTED)
                abort(); /* there is no root */
        return 0;
}
