/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/answer.h"

#include "base/limits.h"
#include "crypto/password.h"

#define DERIVED_SIZE_MAX 32u /* octets; every 20 of them cost all iterations again */

typedef enum ansa_err answer_form(const struct mac_parameters *p, enum digest_algorithm algorithm,
                                  struct ansa_bytes secret, const struct answer_input *input,
                                  uint8_t mac[DIGEST_SIZE_MAX]);

static enum ansa_err enclosed(const struct mac_parameters *p, enum digest_algorithm algorithm,
                              struct ansa_bytes secret, const struct answer_input *input,
                              uint8_t mac[DIGEST_SIZE_MAX])
{
        (void)p;
        const struct ansa_bytes parts[] = { secret, input->nonce, input->digest, secret };
        return digest_parts(algorithm, parts, 4, mac);
}

static enum ansa_err keyed(const struct mac_parameters *p, enum digest_algorithm algorithm,
                           struct ansa_bytes secret, const struct answer_input *input,
                           uint8_t mac[DIGEST_SIZE_MAX])
{
        (void)p;
        const struct ansa_bytes parts[] = { input->nonce, input->digest };
        return hmac_parts(algorithm, secret, parts, 2, mac);
}

static enum ansa_err stretched(const struct mac_parameters *p, enum digest_algorithm algorithm,
                               struct ansa_bytes secret, const struct answer_input *input,
                               uint8_t mac[DIGEST_SIZE_MAX])
{
        if (p->iterations > PBKDF2_ITERATIONS_MAX || p->key_bits > DERIVED_SIZE_MAX * 8 ||
            p->salt.size > LIMIT_MESSAGE_SIZE || secret.size > LIMIT_MESSAGE_SIZE)
                return ANSA_E_LIMIT;
        if (p->iterations == 0 || p->key_bits == 0 || p->key_bits % 8 != 0)
                return ANSA_E_MALFORMED;
        struct buf password = buf_growing(2 * (size_t)LIMIT_MESSAGE_SIZE);
        uint8_t derived[DERIVED_SIZE_MAX];
        size_t size = p->key_bits / 8;
        enum ansa_err err = password_widen(secret, &password);
        if (err == ANSA_OK)
                err = pbkdf2_sha1(buf_written(&password), p->salt, p->iterations, derived, size);
        if (err == ANSA_OK)
                err = keyed(p, algorithm, (struct ansa_bytes){ derived, size }, input, mac);
        wipe(derived, sizeof(derived));
        password_fini(&password);
        return err;
}

/* Codes of the protocol, irp-wire 4.11; the wire layer has them as enum mac_code. */
static const struct {
        uint8_t code;
        enum digest_algorithm algorithm;
        answer_form *form;
} forms[] = {
        { 0x00, ALGORITHM_MD5, enclosed }, /* bare, before 2.1 */
        { 0x01, ALGORITHM_MD5, enclosed },    { 0x02, ALGORITHM_SHA1, enclosed },
        { 0x03, ALGORITHM_SHA256, enclosed }, { 0x11, ALGORITHM_MD5, keyed },
        { 0x12, ALGORITHM_SHA1, keyed },      { 0x13, ALGORITHM_SHA256, keyed },
        { 0x22, ALGORITHM_SHA1, stretched },
};

enum ansa_err answer_mac(const struct mac_parameters *parameters, struct ansa_bytes secret,
                         const struct answer_input *input, uint8_t mac[DIGEST_SIZE_MAX],
                         size_t *size)
{
        *size = 0;
        memset(mac, 0, DIGEST_SIZE_MAX);
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                if (forms[i].code != parameters->code)
                        continue;
                enum digest_algorithm algorithm = forms[i].algorithm;
                enum ansa_err err = forms[i].form(parameters, algorithm, secret, input, mac);
                if (err == ANSA_OK)
                        *size = digest_size(algorithm);
                return err;
        }
        return ANSA_E_UNSUPPORTED;
}
