/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs checked on a microcontroller: a policy, a record and an absence in both forms, and
 * that changed ones are refused. SHA-256 is computed here; of Ed25519 the target is told which
 * signatures of which messages by which keys are good: their digests, made by the host.
 */
#include "ansa/proof.h"
#include "sha256.h"

/* Files, as they are: see run. */
#define FILE(name, path)                                                                  \
        __asm__(".section .rodata." #name "\n.balign 4\n" #name "_start: .incbin \"" path \
                "\"\n" #name "_end:\n.balign 4\n.text\n");                                \
        extern const uint8_t name##_start[], name##_end[]
FILE(policy, "policy");
FILE(record, "record");
FILE(record_text, "record.text");
FILE(absent, "absent");
FILE(absent_text, "absent.text");
FILE(good, "good");
#define OCTETS(name) ((struct ansa_bytes){ name##_start, (size_t)(name##_end - name##_start) })

#define DIGEST_SIZE  32u
#define ROOM         4096u

void reset(void);
extern uint32_t data_from[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

/* ---- The debugger's calls -------------------------------------------------------------------- */

static void host(uint32_t operation, const void *argument)
{
        register uint32_t r0 __asm__("r0") = operation;
        register const void *r1 __asm__("r1") = argument;
        __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

_Noreturn static void stop(uint32_t status)
{
        const uint32_t reason[2] = { 0x20026, status }; /* the application has ended */
        for (;;)
                host(0x20, reason);
}

static void say(const char *text)
{
        host(0x04, text);
}

static void say_number(uint32_t n)
{
        char text[11];
        size_t at = sizeof(text) - 1;
        text[at] = '\0';
        do {
                text[--at] = (char)('0' + n % 10);
                n /= 10;
        } while (n > 0);
        say(text + at);
}

static void check(bool holds, const char *what)
{
        if (holds)
                return;
        say("not so: ");
        say(what);
        say("\n");
        stop(1);
}

/* ---- Proofs ---------------------------------------------------------------------------------- */

static bool is_good(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                    struct ansa_bytes message, const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE])
{
        const struct ansa_bytes parts[] = { { key, ANSA_PROOF_KEY_SIZE },
                                            { signature, ANSA_PROOF_SIGNATURE_SIZE },
                                            message };
        uint8_t digest[DIGEST_SIZE];
        sha256(context, parts, 3, digest);
        for (const uint8_t *at = good_start; at < good_end; at += DIGEST_SIZE) {
                if (memcmp(at, digest, DIGEST_SIZE) == 0)
                        return true;
        }
        return false;
}

static const struct ansa_proof_crypto crypto = { sha256, is_good, NULL };
static struct ansa_policy trust;

static enum ansa_err check_proof(struct ansa_bytes bundle, struct ansa_proof *proof)
{
        static uint8_t room[ROOM];
        const struct ansa_proof_input input = { .bundle = bundle,
                                                .name = ANSA_BYTES_LIT("20.500/a"),
                                                .policy = &trust,
                                                .crypto = &crypto,
                                                .now_s = 1700000060u,
                                                .room = room,
                                                .room_size = sizeof(room) };
        return ansa_proof_check(&input, proof);
}

static void proves_record(struct ansa_bytes bundle)
{
        struct ansa_proof proof;
        struct ansa_value value;
        uint32_t position;
        check(check_proof(bundle, &proof) == ANSA_OK, "the record is proven");
        check(proof.is_record && proof.shown_count == 3 && proof.log_size == 6, "what it says");
        check(proof.witnesses == 7, "three witnesses");
        check(ansa_proof_next(&proof, &position, &value), "a value");
        check(ansa_bytes_equal(value.data, ANSA_BYTES_LIT("value 0")), "its data");
}

static void proves_absence(struct ansa_bytes bundle)
{
        struct ansa_proof proof;
        check(check_proof(bundle, &proof) == ANSA_OK, "the absence is proven");
        check(!proof.is_record && proof.shown_count == 0, "nothing is there");
}

/* Every @step-th bit. */
static void refuses_changes(struct ansa_bytes bundle, size_t step)
{
        static uint8_t copy[ROOM];
        check(bundle.size <= sizeof(copy), "room for a copy");
        memcpy(copy, bundle.at, bundle.size);
        for (size_t i = 0; i < 8 * bundle.size; i += step) {
                struct ansa_proof proof;
                copy[i / 8] ^= (uint8_t)(1u << i % 8);
                check(check_proof((struct ansa_bytes){ copy, bundle.size }, &proof) != ANSA_OK,
                      "a changed proof is refused");
                copy[i / 8] ^= (uint8_t)(1u << i % 8);
        }
}

static void set_policy(const char *quorum)
{
        static char text[1024];
        size_t size = strlen(quorum);
        struct ansa_bytes keys = OCTETS(policy); /* logs and witnesses */
        struct ansa_policy_problem problem;
        check(keys.size + size <= sizeof(text), "room for the policy");
        memcpy(text, keys.at, keys.size);
        memcpy(text + keys.size, quorum, size);
        const struct ansa_bytes all = { (const uint8_t *)text, keys.size + size };
        check(ansa_policy_parse(&trust, all, &crypto, &problem) == ANSA_OK, "the policy is read");
}

#define PAINT 0x5aa5c33cu

__attribute__((noinline)) static void work(void)
{
        set_policy("group g 1 w0 w1 w2\nquorum g\nmax-age 3600\n");
        proves_record(OCTETS(record));
        proves_record(OCTETS(record_text));
        proves_absence(OCTETS(absent));
        proves_absence(OCTETS(absent_text));
        set_policy("group g all w0 w1 w2\nquorum g\n");
        refuses_changes(OCTETS(record), 13);
        refuses_changes(OCTETS(record_text), 29);
}

void reset(void)
{
        uint32_t *stack = bss_end;
        uint32_t size = (uint32_t)((uintptr_t)data_end - (uintptr_t)data_start);
        memcpy(data_start, data_from, size);
        memset(bss_start, 0, (size_t)((uintptr_t)bss_end - (uintptr_t)bss_start));
        while (stack < stack_top - 64)
                *(volatile uint32_t *)stack++ = PAINT;
        work();
        for (stack = bss_end; *stack == PAINT;)
                stack++;
        say("stack ");
        say_number((uint32_t)((uintptr_t)stack_top - (uintptr_t)stack));
        say("\nproven\n");
        stop(0);
}

static void fault(void)
{
        check(false, "the processor goes on");
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
        stack_top,           (const void *)reset, (const void *)fault, (const void *)fault,
        (const void *)fault, (const void *)fault, (const void *)fault,
};
