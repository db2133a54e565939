/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message as it arrives, envelope and all, and every body that it could have. What decodes
 * is encoded and decoded again: the second encoding equals the first.
 */
#include "base/assert.h"
#include "wire/body.h"
#include "wire/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum ansa_err (*recode_fn)(struct ansa_bytes body, uint16_t version, struct buf *b);

static void walk_values(struct ansa_values values)
{
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                struct ansa_refs refs = value.refs;
                struct ansa_ref ref;
                while (ansa_refs_next(&refs, &ref) == ANSA_OK)
                        ;
                ansa_assert(refs.count == 0);
        }
        ansa_assert(values.count == 0 && values.wire.size == 0);
}

static void walk_texts(struct text_list list)
{
        struct ansa_bytes text;
        while (text_list_next(&list, &text) == ANSA_OK)
                ;
        ansa_assert(list.count == 0 && list.wire.size == 0);
}

static void walk_indexes(const struct index_list *list)
{
        for (uint32_t i = 0; i < list->count; i++)
                (void)index_list_at(list, i);
        ansa_assert(list->wire.size == (size_t)list->count * 4);
}

/* recode_<body> for bodies that need no more than walking @walk. */
#define RECODE(body, walk)                                                           \
        static enum ansa_err recode_##body(struct ansa_bytes wire, uint16_t version, \
                                           struct buf *b)                            \
        {                                                                            \
                struct body x;                                                       \
                (void)version;                                                       \
                enum ansa_err err = body##_decode(wire, &x);                         \
                walk;                                                                \
                if (err == ANSA_OK)                                                  \
                        body##_encode(&x, b);                                        \
                return err;                                                          \
        }
RECODE(resolve_request, (walk_texts(x.types), walk_indexes(&x.indexes)))
RECODE(record_body, walk_values(x.values))
RECODE(remove_request, walk_indexes(&x.indexes))
RECODE(referral_body, walk_values(x.values))
RECODE(answer_request, (void)0)
RECODE(public_answer, (void)0)
RECODE(secret_answer, (void)0)
RECODE(verify_request, (void)0)
RECODE(session_request, (void)0)
RECODE(session_response, (void)0)
RECODE(dump_request, (void)0)

static enum ansa_err recode_name(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct ansa_bytes name;
        (void)version;
        enum ansa_err err = name_body_decode(wire, &name);
        if (err == ANSA_OK)
                name_body_encode(name, b);
        return err;
}

static enum ansa_err recode_challenge(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct challenge_body c;
        enum ansa_err err = challenge_body_decode(wire, version, true, &c);
        if (err == ANSA_OK)
                challenge_body_encode(&c, version, b);
        return err;
}

static enum ansa_err recode_retrieve(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct retrieve_request r;
        enum ansa_err err = retrieve_request_decode(wire, version, &r);
        if (err == ANSA_OK)
                retrieve_request_encode(&r, version, b);
        return err;
}

static enum ansa_err recode_error(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct error_body e;
        (void)version;
        enum ansa_err err = error_body_decode(wire, &e);
        walk_indexes(&e.indexes);
        if (err == ANSA_OK)
                error_body_encode(e.text, b);
        return err;
}

static void decode_only(struct ansa_bytes body)
{
        struct text_list names;
        struct ansa_bytes part;
        bool is_valid;
        (void)!list_body_decode(body, &names);
        walk_texts(names);
        (void)!create_response_decode(body, &part);
        (void)!site_body_decode(body, &part);
        ansa_assert(part.size <= body.size);
        if (verify_response_decode(body, &is_valid) != ANSA_OK)
                ansa_assert(!is_valid);
}

static const recode_fn recoders[] = {
        recode_resolve_request,  recode_record_body,    recode_remove_request,
        recode_referral_body,    recode_answer_request, recode_public_answer,
        recode_secret_answer,    recode_verify_request, recode_session_request,
        recode_session_response, recode_dump_request,   recode_name,
        recode_challenge,        recode_retrieve,       recode_error,
};

static void try_bodies(struct ansa_bytes body, uint16_t version)
{
        for (size_t i = 0; i < sizeof(recoders) / sizeof(recoders[0]); i++) {
                /* An encoding may be longer: pads, and lengths where codes were. */
                struct buf first = buf_growing(body.size + 16);
                struct buf second = buf_growing(body.size + 16);
                if (recoders[i](body, version, &first) == ANSA_OK) {
                        ansa_assert(first.err == ANSA_OK);
                        ansa_assert(recoders[i](buf_written(&first), version, &second) == ANSA_OK);
                        ansa_assert(ansa_bytes_equal(buf_written(&first), buf_written(&second)));
                }
                buf_fini(&first);
                buf_fini(&second);
        }
        decode_only(body);
}

static void rebuild(const struct message *m)
{
        struct buf b =
                buf_growing(ENVELOPE_SIZE + HEADER_SIZE + m->body.size + 4 + m->credential.size);
        struct message again;
        struct message_mark mark = message_begin(&b, &m->envelope, &m->header);
        buf_bytes(&b, m->body);
        message_end_body(&b, mark);
        message_end(&b, mark, m->credential);
        struct ansa_bytes wire = buf_written(&b);
        ansa_assert(wire.size == b.room || b.room > wire.size);
        struct ansa_bytes after = { wire.at + ENVELOPE_SIZE, wire.size - ENVELOPE_SIZE };
        ansa_assert(message_decode(&m->envelope, after, &again) == ANSA_OK);
        ansa_assert(ansa_bytes_equal(again.body, m->body));
        ansa_assert(ansa_bytes_equal(again.credential, m->credential));
        buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes wire = { data, size };
        struct envelope e;
        struct message m;
        if (size > 65536 || envelope_decode(wire, &e) != ANSA_OK)
                return 0;
        wire = (struct ansa_bytes){ data + ENVELOPE_SIZE, size - ENVELOPE_SIZE };
        if (message_decode(&e, wire, &m) != ANSA_OK) {
                ansa_assert(m.body.size == 0 && m.credential.size == 0);
                return 0;
        }
        rebuild(&m);
        (void)operation_text(m.header.op);
        (void)response_text(m.header.response);
        ansa_assert(envelope_suggested(&e) != VERSION(5, 0));
        struct credential c;
        (void)!credential_decode(m.credential, &c);

        struct request_digest digest;
        struct ansa_bytes body = m.body;
        try_bodies(body, envelope_version(&e));
        if ((m.header.flags & FLAG_REQUEST_DIGEST) != 0 &&
            request_digest_decode(&body, &digest) == ANSA_OK)
                try_bodies(body, envelope_version(&e));
        return 0;
}
