/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include "base/assert.h"
#include "crypto/algorithms.h"

#include <openssl/pem.h>

BIO *pem_input(struct ansa_bytes pem)
{
        ansa_assert(pem.size > 0 && pem.size <= PEM_SIZE_MAX);
        return BIO_new_mem_buf(pem.at, (int)pem.size);
}

bool pem_block_next(BIO *in, struct pem_block *b)
{
        *b = (struct pem_block){ 0 };
        if (PEM_read_bio(in, &b->name, &b->header, &b->data, &b->size) != 1)
                return false;
        b->room = b->size;
        return true;
}

void pem_block_fini(struct pem_block *b)
{
        OPENSSL_free(b->name);
        OPENSSL_free(b->header);
        if (b->data != NULL)
                OPENSSL_clear_free(b->data, (size_t)b->room);
        *b = (struct pem_block){ 0 };
}

enum ansa_err pem_output(BIO *out, struct buf *b)
{
        char *text = NULL;
        long size = BIO_get_mem_data(out, &text);
        if (size <= 0 || text == NULL)
                return crypto_failed(ANSA_E_CRYPTO);
        buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)text, (size_t)size });
        return b->err;
}
