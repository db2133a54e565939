/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_KEY_PROCESS_INSIDE_H
#define ANSA_PROGRAMS_KEY_PROCESS_INSIDE_H

#include "crypto/digest.h"
#include "programs/key_process.h"
#include "wire/cursor.h"

/**
 * What server and key process say to each other:
 *
 *   question  u32 what, u32 number, u32 size, that many octets
 *   answer    u32 error, u32 size, that many octets
 *
 * Its first words are such an answer: block public key as in HS_SITE, block public key of the log
 * (32 octets, or none).
 */
enum key_ask {
        KEY_SIGN = 1, /* number: digest algorithm; octets: the message */
        KEY_DECRYPT,  /* octets: the cipher text */
        KEY_CERTIFY,  /* number: the time; answer: block certificate, block key, both PEM */
        KEY_SIGN_LOG, /* octets: the message, for the key of the log */
};

#define KEY_QUESTION_MAX 270336u /* a largest message, its envelope and some */
#define KEY_ANSWER_MAX   16384u
#define KEY_PUBLIC_MAX   4096u

struct key_question {
        uint32_t what;
        uint32_t number;
        struct ansa_bytes data;
};

bool key_put_question(int fd, const struct key_question *q);
bool key_get_answer(int fd, uint32_t *err, struct buf *answer); /* appends to @answer */

/** Wait for a question; its octets are put to @data. False at the end, or when it makes no sense. */
bool key_get_question(int fd, struct key_question *q, uint8_t *data, size_t room);
bool key_put_answer(int fd, uint32_t err, struct ansa_bytes answer);

/** The key process itself. */
_Noreturn void key_process_inside(const struct key_process_options *options,
                                  const int fds[KEY_PROCESS_CONNECTIONS]);

#endif
