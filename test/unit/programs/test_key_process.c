/* SPDX-License-Identifier: Apache-2.0 */
/* The process that holds the private key, with real forks. */
#include "../support.h"

#include "base/buf.h"
#include "crypto/tls_cert.h"
#include "programs/home.h"
#include "programs/key_process.h"
#include "wire/data.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_S 1700000000u

static char directory[] = "/tmp/ansa-key-XXXXXX";
static char path[64];

static struct crypto_key *make_key(enum ansa_key_kind kind)
{
        struct crypto_key *key;
        struct buf pem = buf_growing(65536);
        assert_err("generate", crypto_key_generate(kind, 2048, &key), ANSA_OK);
        assert_err("pem", crypto_key_to_pem(key, true, (struct ansa_bytes){ 0 }, &pem), ANSA_OK);
        assert_err("write", file_write(path, buf_written(&pem), 0600), ANSA_OK);
        buf_fini(&pem);
        return key;
}

static struct key_process *start(const char *passphrase, enum ansa_err expected,
                                 struct key_problem *problem)
{
        struct key_process_options o = { .key = path,
                                         .passphrase = passphrase,
                                         .uid = geteuid(),
                                         .gid = getegid(),
                                         .sandbox = true,
                                         .name = ANSA_BYTES_LIT("test") };
        struct key_process *p;
        assert_err("start", key_process_start(&o, &p, problem), expected);
        return p;
}

static void test_sign_and_public(void **state)
{
        static const enum ansa_key_kind kinds[] = { ANSA_KEY_RSA, ANSA_KEY_ED25519 };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct key_problem problem;
                struct crypto_key *key = make_key(kinds[i]);
                struct key_process *p = start(NULL, ANSA_OK, &problem);
                struct signer *signer = key_process_signer(p);
                static uint8_t text[262144];
                memset(text, 'x', sizeof(text));
                static const size_t sizes[] = { 0, 1, 1000, sizeof(text) };
                for (size_t k = 0; k < COUNT_OF(sizes); k++) {
                        struct ansa_bytes message = { text, sizes[k] };
                        uint8_t signature[CRYPTO_SIGNATURE_MAX];
                        size_t size;
                        assert_err("sign",
                                   signer->sign(signer, ALGORITHM_SHA256, message, signature,
                                                sizeof(signature), &size),
                                   ANSA_OK);
                        assert_err("verify",
                                   crypto_verify(key, ALGORITHM_SHA256, &message, 1,
                                                 (struct ansa_bytes){ signature, size }),
                                   ANSA_OK);
                }
                /* no room for the signature: an error, and what was written is nothing */
                uint8_t small[8];
                size_t size = 7;
                assert_true(signer->sign(signer, ALGORITHM_SHA256, (struct ansa_bytes){ text, 5 },
                                         small, sizeof(small), &size) != ANSA_OK);
                assert_int_equal(size, 0);
                uint8_t signature[CRYPTO_SIGNATURE_MAX];
                assert_err("no such algorithm",
                           signer->sign(signer, 99, (struct ansa_bytes){ text, 5 }, signature,
                                        sizeof(signature), &size),
                           ANSA_E_ARGUMENT);

                struct ansa_key ours;
                struct ansa_key told;
                struct arena arena;
                arena_init(&arena, 65536);
                assert_err("parts", crypto_key_parts(key, false, &arena, &ours), ANSA_OK);
                assert_err("public", key_decode(key_process_public(p), &told), ANSA_OK);
                assert_true(key_equal(&ours, &told));
                arena_fini(&arena);
                crypto_key_free(key);
                key_process_stop(p);
        }
}

static void test_decrypt(void **state)
{
        (void)state;
        struct key_problem problem;
        struct crypto_key *key = make_key(ANSA_KEY_RSA);
        struct key_process *p = start(NULL, ANSA_OK, &problem);
        struct signer *signer = key_process_signer(p);
        uint8_t cipher[CRYPTO_SIGNATURE_MAX];
        uint8_t plain[CRYPTO_SIGNATURE_MAX];
        size_t size;
        assert_err("encrypt",
                   crypto_rsa_encrypt(key, ANSA_BYTES_LIT("session key"), cipher, sizeof(cipher),
                                      &size),
                   ANSA_OK);
        assert_err("decrypt",
                   signer->decrypt(signer, (struct ansa_bytes){ cipher, size }, plain,
                                   sizeof(plain), &size),
                   ANSA_OK);
        assert_bytes("plain", (struct ansa_bytes){ plain, size }, ANSA_BYTES_LIT("session key"));
        crypto_key_free(key);
        key_process_stop(p);
}

static void test_certify(void **state)
{
        (void)state;
        struct key_problem problem;
        struct crypto_key *key = make_key(ANSA_KEY_RSA);
        struct key_process *p = start(NULL, ANSA_OK, &problem);
        struct buf cert = buf_growing(65536);
        struct buf tls = buf_growing(65536);
        assert_err("certify", key_process_certify(p, NOW_S, &cert, &tls), ANSA_OK);
        assert_non_null(memmem(cert.at, cert.size, "BEGIN CERTIFICATE", 17));
        assert_non_null(memmem(tls.at, tls.size, "BEGIN PRIVATE KEY", 17));
        buf_fini(&cert);
        buf_fini(&tls);
        crypto_key_free(key);
        key_process_stop(p);
}

static void test_bad_keys(void **state)
{
        (void)state;
        struct key_problem problem;
        assert_int_equal(unlink(path), 0);
        assert_null(start(NULL, ANSA_E_NOT_FOUND, &problem));
        assert_non_null(strstr(problem.text, path));
        assert_err("write", file_write(path, ANSA_BYTES_LIT("-----BEGIN nothing"), 0600), ANSA_OK);
        assert_null(start(NULL, ANSA_E_MALFORMED, &problem));
        assert_non_null(strstr(problem.text, "is no private key"));
        /* a public key is none either */
        struct crypto_key *key;
        struct buf pem = buf_growing(65536);
        assert_err("generate", crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        assert_err("pem", crypto_key_to_pem(key, false, (struct ansa_bytes){ 0 }, &pem), ANSA_OK);
        assert_err("write", file_write(path, buf_written(&pem), 0600), ANSA_OK);
        assert_null(start(NULL, ANSA_E_ARGUMENT, &problem));
        /* encrypted: without, with the wrong and with the right passphrase */
        char secret[80];
        (void)snprintf(secret, sizeof(secret), "%s/secret", directory);
        buf_reset(&pem);
        assert_err("pem", crypto_key_to_pem(key, true, ANSA_BYTES_LIT("open sesame"), &pem),
                   ANSA_OK);
        assert_err("write", file_write(path, buf_written(&pem), 0600), ANSA_OK);
        assert_null(start(NULL, ANSA_E_DENIED, &problem));
        assert_err("write", file_write(secret, ANSA_BYTES_LIT("close\n"), 0600), ANSA_OK);
        assert_null(start(secret, ANSA_E_DENIED, &problem));
        assert_err("write", file_write(secret, ANSA_BYTES_LIT("open sesame\n"), 0600), ANSA_OK);
        key_process_stop(start(secret, ANSA_OK, &problem));
        assert_int_equal(unlink(secret), 0);
        assert_null(start(secret, ANSA_E_NOT_FOUND, &problem));
        crypto_key_free(key);
        buf_fini(&pem);
}

#define THREADS 24
#define EACH    20

static void *sign_many(void *arg)
{
        struct signer *signer = arg;
        uintptr_t good = 0;
        for (int i = 0; i < EACH; i++) {
                uint8_t signature[CRYPTO_SIGNATURE_MAX];
                size_t size;
                good += signer->sign(signer, ALGORITHM_SHA256, ANSA_BYTES_LIT("many"), signature,
                                     sizeof(signature), &size) == ANSA_OK;
        }
        return (void *)good;
}

static void test_many_threads(void **state)
{
        (void)state;
        struct key_problem problem;
        crypto_key_free(make_key(ANSA_KEY_ED25519));
        struct key_process *p = start(NULL, ANSA_OK, &problem);
        pthread_t thread[THREADS];
        for (size_t i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&thread[i], NULL, sign_many, key_process_signer(p)),
                                 0);
        for (size_t i = 0; i < THREADS; i++) {
                void *good;
                assert_int_equal(pthread_join(thread[i], &good), 0);
                assert_int_equal((uintptr_t)good, EACH);
        }
        key_process_stop(p);
}

/* The one child of this process. */
static pid_t child(void)
{
        char file[64];
        int pid = 0;
        (void)snprintf(file, sizeof(file), "/proc/%d/task/%d/children", getpid(), getpid());
        FILE *stream = fopen(file, "r");
        assert_non_null(stream);
        assert_int_equal(fscanf(stream, "%d", &pid), 1);
        (void)fclose(stream);
        return pid;
}

static void test_its_end_is_an_error(void **state)
{
        (void)state;
        struct key_problem problem;
        crypto_key_free(make_key(ANSA_KEY_ED25519));
        struct key_process *p = start(NULL, ANSA_OK, &problem);
        struct signer *signer = key_process_signer(p);
        pid_t pid = child();
        /* what is meant for the server does not end it */
        assert_int_equal(kill(pid, SIGINT), 0);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal((uintptr_t)sign_many(signer), EACH);
        assert_int_equal(kill(pid, SIGKILL), 0);
        /* each connection is found dead once, then there are none: errors, and no waiting */
        assert_int_equal((uintptr_t)sign_many(signer), 0);
        key_process_stop(p);
}

static int make_directory(void **state)
{
        (void)state;
        if (mkdtemp(directory) == NULL)
                return -1;
        return snprintf(path, sizeof(path), "%s/server.key", directory) > 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
        (void)state;
        (void)unlink(path);
        return rmdir(directory);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sign_and_public), cmocka_unit_test(test_decrypt),
                cmocka_unit_test(test_certify),         cmocka_unit_test(test_bad_keys),
                cmocka_unit_test(test_many_threads),    cmocka_unit_test(test_its_end_is_an_error),
        };
        return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
