/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_PEM_H
#define ANSA_CRYPTO_PEM_H

#include "base/buf.h"

#include <openssl/bio.h>

/** PEM text (RFC 7468) in memory, for the files of this folder. */
#define PEM_SIZE_MAX        65536u
#define PEM_BLOCK_COUNT_MAX 16u /* looked at before the one wanted, such as parameters */

struct pem_block {
        char *name;   /* what follows BEGIN */
        char *header; /* encryption of the traditional forms */
        uint8_t *data;
        long size; /* of the data; may shrink when it is decrypted in place */
        long room; /* wiped in the end */
};

/** A reader of @pem, which is neither empty nor over PEM_SIZE_MAX; NULL when out of memory. */
BIO *pem_input(struct ansa_bytes pem);

/** The next block; false when there is none. End each with pem_block_fini. */
bool pem_block_next(BIO *in, struct pem_block *b);
void pem_block_fini(struct pem_block *b); /* wipes */

/** Append all that was written to the memory of @out. */
ANSA_CHECKED enum ansa_err pem_output(BIO *out, struct buf *b);

#endif
