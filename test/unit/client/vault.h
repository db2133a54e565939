/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CLIENT_VAULT_H
#define TEST_CLIENT_VAULT_H

#include "fake.h"

/** The server's side of a session; its administrator's secret key is "secret". */
struct vault {
        struct session_key key;
        uint32_t id; /* 0: no session */
        bool is_authenticated;
        uint32_t last_counter;
        uint8_t digest[32];
        uint32_t op;
        const struct crypto_key *site_key;   /* signs set-ups and decrypts keys; NULL: neither */
        const struct crypto_key *client_key; /* ANSA_SESSION_HANDLE_KEY */
        bool keep_open;
        _Atomic bool slow;
        bool bare;          /* answers without MAC */
        uint32_t forget_at; /* the session, at the n-th request in it; 0: never */
        bool forget_always;
        uint32_t refuse_setup; /* a response code */
        uint32_t setups;
        uint32_t requests;
        uint32_t challenges;
        uint32_t encrypted;
        uint32_t terminated;
        uint16_t mode;
        struct buf plain;
};

/** Handler of a fake whose context is a vault: any operation succeeds for the administrator. */
void vault_serve(struct fake_exchange *x);

#endif
