/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/data.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/cursor.h"

#define DES_IV_SIZE   8u
#define FORM_WORD_MAX 9u /* above it the first word is the length of a key type (irp-wire 6.6) */

static void take_pbkdf2(struct cursor *c, struct key_file *f)
{
        f->salt = cursor_block(c, LIMIT_BLOCK_SIZE);
        f->iterations = cursor_u32(c);
        f->key_bits = cursor_u32(c);
        f->iv = cursor_block(c, LIMIT_BLOCK_SIZE);
        f->payload = cursor_block(c, LIMIT_BLOCK_SIZE);
}

enum ansa_err key_file_decode(struct ansa_bytes wire, struct key_file *f)
{
        *f = (struct key_file){ 0 };
        struct cursor c = cursor_over(wire);
        uint32_t word = cursor_u32(&c);
        if (c.err != ANSA_OK)
                return c.err;
        struct key_file file = { 0 };
        if (word > FORM_WORD_MAX) {
                file.form = KEY_FILE_BARE;
                file.payload = wire;
                *f = file;
                return ANSA_OK;
        }
        file.form = (enum key_file_form)word;
        switch (word) {
        case KEY_FILE_DES_ECB:
        case KEY_FILE_PLAIN:
                file.payload = cursor_rest(&c);
                break;
        case KEY_FILE_DES_CBC:
                file.iv = cursor_bytes(&c, DES_IV_SIZE);
                file.payload = cursor_rest(&c);
                break;
        case KEY_FILE_PBKDF2_3DES:
        case KEY_FILE_PBKDF2_AES:
                take_pbkdf2(&c, &file);
                break;
        default:
                cursor_fail(&c, ANSA_E_UNSUPPORTED);
        }
        enum ansa_err err = cursor_end(&c);
        if (err == ANSA_OK)
                *f = file;
        return err;
}

void key_file_encode(const struct key_file *f, struct buf *b)
{
        if (f->form != KEY_FILE_BARE)
                buf_u32(b, (uint32_t)f->form);
        switch (f->form) {
        case KEY_FILE_DES_CBC:
                ansa_assert(f->iv.size == DES_IV_SIZE);
                buf_bytes(b, f->iv);
                buf_bytes(b, f->payload);
                break;
        case KEY_FILE_PBKDF2_3DES:
        case KEY_FILE_PBKDF2_AES:
                buf_block(b, f->salt);
                buf_u32(b, f->iterations);
                buf_u32(b, f->key_bits);
                buf_block(b, f->iv);
                buf_block(b, f->payload);
                break;
        case KEY_FILE_DES_ECB:
        case KEY_FILE_PLAIN:
        case KEY_FILE_BARE:
                buf_bytes(b, f->payload);
                break;
        }
}
