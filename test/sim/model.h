/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SIM_MODEL_H
#define TEST_SIM_MODEL_H

#include "ansa/value.h"
#include "base/arena.h"
#include "identifier/identifier.h"
#include "wire/body.h"

/*
 * What every server should hold, as a flat array, and what it should answer: irp-service
 * section 7 written down as naively as can be. It uses the codecs of the wire layer and
 * nothing of identifier/. Values are immutable once they are in here, so that a copy of the
 * struct is a copy of the world.
 */
#define MODEL_RECORDS_MAX 320u
#define MODEL_HOMED_MAX   24u
#define MODEL_VALUES_MAX  24u
#define MODEL_DOCUMENTS   6u /* with templates, or what looks like it */

struct model_record {
        uint32_t server;
        struct ansa_bytes key; /* folded */
        const struct ansa_value *values;
        size_t count;
};

struct model_homed {
        uint32_t server;
        struct ansa_bytes key; /* folded 0.NA/... */
};

struct model {
        struct model_record records[MODEL_RECORDS_MAX];
        size_t record_count;
        struct model_homed homed[MODEL_HOMED_MAX];
        size_t homed_count;
};

/** Response codes that are right. */
struct codes {
        uint32_t at[16];
        unsigned count;
};
void codes_add(struct codes *codes, uint32_t code);
bool codes_have(const struct codes *codes, uint32_t code);

/** A version of a record: what it held, in one life of its server. Another life, another version. */
struct model_version {
        uint32_t server;
        uint32_t life;
        const struct ansa_value *values;
        size_t count;
};

/** What a record must be like when it is changed. */
struct model_condition {
        enum record_condition_kind kind;
        struct model_version versions[4];
        size_t version_count;
};

/**
 * How one server sees the world: its own records, and through its fetcher the public values of
 * others, which may be older than ours are.
 */
struct sight {
        const struct model *own;
        const struct model *others;
        uint32_t server;
        uint32_t life;                           /* of the server */
        const struct model_condition *condition; /* of the change that is judged, or NULL */
        const struct identifier_config *config;
        struct arena *arena;
        uint32_t now_s;
        bool has_fetcher;
        bool shares;       /* both are servers of one site: each has the names that hash to it */
        bool by_suffix;    /* only what is behind the "/" is hashed */
        bool others_fetch; /* the other server has one too */
        bool asked_others; /* set: the answer hangs on a record of another server */
        bool could_not;    /* set: some record could not be had */
};

/** What a change does to the model. */
enum effect_kind { EFFECT_NONE, EFFECT_PUT, EFFECT_DELETE, EFFECT_HOME, EFFECT_UNHOME };
struct effect {
        enum effect_kind kind;
        struct ansa_bytes name; /* as asked, "0.NA/" in front when it had no "/" */
        struct ansa_value values[MODEL_VALUES_MAX];
        size_t count;
        bool is_minted; /* name is what comes before the minted suffix */
};

/** What a request should come to. Success and its effect or values only when codes have it. */
struct verdict {
        struct codes codes;
        struct effect effect;
        struct ansa_value values[MODEL_VALUES_MAX]; /* of a resolution */
        size_t value_count;
        bool is_private;      /* one of them is not for everybody */
        bool is_made;         /* by a template */
        bool is_made_by_base; /* by one of the base identifier itself */
        bool is_hiding;       /* the base has values that are not for everybody */
};

struct ansa_bytes model_key(struct arena *arena, struct ansa_bytes name, bool case_sensitive);
struct ansa_bytes model_full(struct arena *arena, struct ansa_bytes name);
bool model_same_name(struct ansa_bytes a, struct ansa_bytes b, bool case_sensitive);
struct model_record *model_find(struct model *m, uint32_t server, struct ansa_bytes key);
const struct model_record *model_find_const(const struct model *m, uint32_t server,
                                            struct ansa_bytes key);
bool model_is_homed(const struct sight *s, uint32_t server, struct ansa_bytes name);

/** The nearest of the prefixes above @key that says where its derived prefixes are. */
bool model_is_delegated(const struct sight *s, struct ansa_bytes key, struct verdict *v);

/** In a site of several servers: does @name belong to @server? Else always. */
bool model_is_share(const struct sight *s, uint32_t server, struct ansa_bytes name);

/** Values that @server can base decisions on. */
enum look { LOOK_FOUND, LOOK_ABSENT, LOOK_UNKNOWN };
enum look model_look(struct sight *s, struct ansa_bytes name, const struct ansa_value **values,
                     size_t *count);

enum look model_look_elsewhere(struct sight *s, struct ansa_bytes name,
                               const struct ansa_value **values, size_t *count);

/** What a template makes of @name, which is not stored at s->server. False: nothing. */
struct model_made {
        const struct ansa_value *values;
        size_t count;
        bool by_base;
        bool hides;
};
bool model_template(struct sight *s, struct ansa_bytes name, struct model_made *made);

/** HS_NAMESPACE documents, and one that they refer to: value 400 of 35.T/DOC. */
struct ansa_bytes model_document(size_t number);
struct ansa_bytes model_referred(void);

/** Is there one HS_ADMIN among @values with all of @rights for @who, directly or by groups? */
enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };
enum answer model_may(struct sight *s, const struct ansa_value *values, size_t count,
                      uint32_t rights, const struct ansa_ref *who);
enum answer model_is_server_admin(struct sight *s, const struct ansa_ref *who);

/** Resolution; @who NULL: nobody has proven anything. */
void model_resolve(struct sight *s, const struct resolve_request *query, uint32_t flags,
                   bool in_session, const struct ansa_ref *who, struct verdict *v);

/** Operations 100 to 104, 300, 301. */
void model_change(struct sight *s, const struct message *request, const struct ansa_ref *who,
                  struct verdict *v);

/** Operations 105, 106, 302: RC_SUCCESS or why not. */
void model_list(struct sight *s, const struct message *request, const struct ansa_ref *who,
                struct verdict *v);

/** Keys that a list is of, in order, those after @after only. */
struct key_list {
        struct ansa_bytes at[MODEL_RECORDS_MAX];
        size_t count;
};
void model_keys(const struct sight *s, uint32_t op, struct ansa_bytes name, struct ansa_bytes after,
                struct key_list *keys);

/** Make @effect at @server; values move into @arena. */
void model_apply(struct model *m, uint32_t server, const struct effect *effect, bool case_sensitive,
                 struct arena *arena);

/** Do both hold the same, to the second? In whatever order. */
bool model_same_content(const struct ansa_value *a, size_t a_count, const struct ansa_value *b,
                        size_t b_count);

bool model_same_value(const struct ansa_value *a, const struct ansa_value *b);
bool model_same_text(struct ansa_bytes a, struct ansa_bytes b);

#endif
