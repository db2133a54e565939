/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_MESSAGE_H
#define ANSA_WIRE_MESSAGE_H

#include "base/buf.h"
#include "wire/codes.h"

/**
 * Envelope, header and their place in a message (irp-wire 1). Decoding is in
 * place: everything borrows from the received octets.
 */
#define ENVELOPE_SIZE       20u
#define HEADER_SIZE         24u
#define SITE_SERIAL_UNKNOWN 0xffffu

/* A protocol version is a uint16_t that compares as versions do: major * 256 + minor. */

#define VERSION(major, minor) ((uint16_t)((major) << 8 | (minor)))
#define VERSION_OWN           VERSION(2, 11) /* the highest we speak */
#define VERSION_COMPATIBLE    VERSION(2, 3)  /* stated to a server of which nothing is known */

struct envelope {
        uint8_t major; /* as on the wire */
        uint8_t minor;
        uint8_t suggested_major; /* as on the wire, low two bits; 0 = not given */
        uint8_t suggested_minor;
        uint8_t flags; /* ENVELOPE_* */
        uint32_t session_id;
        uint32_t request_id;
        uint32_t sequence;
        uint32_t message_size; /* after the envelope; of the whole message, also in a fragment */
};

struct header {
        uint32_t op;
        uint32_t response;
        uint32_t flags;
        uint16_t site_serial;
        uint8_t recursion;
        uint32_t expires_s;
        uint32_t body_size;
};

/** A decoded message; plaintext (decrypt first when ENVELOPE_ENCRYPTED is set). */
struct message {
        struct envelope envelope;
        struct header header;
        struct ansa_bytes body;
        struct ansa_bytes header_and_body; /* what digests and signatures cover */
        struct ansa_bytes credential;      /* empty when unsigned */
};

/** The message's own version with quirks resolved: 5.x is 2.0, 3.x is 2.11. */
uint16_t envelope_version(const struct envelope *e);

/** The highest version its sender speaks: the suggested one, else the stated one; quirks resolved. */
uint16_t envelope_suggested(const struct envelope *e);

/** Decode the first 20 octets of @wire. ANSA_E_TRUNCATED; nothing else is checked. */
ANSA_CHECKED enum ansa_err envelope_decode(struct ansa_bytes wire, struct envelope *e);
void envelope_encode(const struct envelope *e, struct buf *b);

/**
 * Decode header, body and credential that follow an envelope (@after has
 * message_size octets, plaintext). A missing credential length is allowed.
 * ANSA_E_TRUNCATED below 24 octets or when body_size goes past the end;
 * header is filled whenever 24 octets were there, so that errors can echo op and flags.
 */
ANSA_CHECKED enum ansa_err message_decode(const struct envelope *e, struct ansa_bytes after,
                                          struct message *m);

void header_encode(const struct header *h, struct buf *b);
ANSA_CHECKED enum ansa_err header_decode(struct ansa_bytes wire, struct header *h);

/**
 * Building a message in @b: message_begin writes the envelope and header with
 * zero sizes, the caller appends the body, message_end patches body_size and
 * appends the credential (its length word always, irp-wire 1) and patches
 * message_size. The octets that a signature covers are between.
 */
struct message_mark {
        size_t envelope_at; /* offset of the envelope in the buffer */
        size_t header_at;
};
struct message_mark message_begin(struct buf *b, const struct envelope *e, const struct header *h);
void message_end_body(struct buf *b, struct message_mark mark);
struct ansa_bytes message_signed_part(const struct buf *b, struct message_mark mark);
void message_end(struct buf *b, struct message_mark mark, struct ansa_bytes credential);

/** Digest algorithms of request digests, irp-wire 1.3. */
enum digest_code { DIGEST_OLD_MD5 = 0, DIGEST_MD5 = 1, DIGEST_SHA1 = 2, DIGEST_SHA256 = 3 };

struct request_digest {
        uint8_t code;
        struct ansa_bytes digest; /* 16, 20 or 32 octets */
};

/** Take the digest off the front of a response body whose header has FLAG_REQUEST_DIGEST. */
ANSA_CHECKED enum ansa_err request_digest_decode(struct ansa_bytes *body, struct request_digest *d);
void request_digest_encode(const struct request_digest *d, struct buf *b);

/** Which digest a response of @version carries: 3 from 2.7, 2 from 2.1, else 0 (old MD5). */
uint8_t request_digest_code(uint16_t version);

#endif
