#include "base/mac.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/err.h"
#include "base/mem.h"

enum { CONTEXTS_MAX = 65536 };

struct mac_key {
    uint64_t number;         /* of this key alone, while the process lives */
    EVP_MAC_CTX *first_copy; /* keyed; threads duplicate it, nobody computes with it */
};

struct slot {
    uint64_t number; /* of the key; 0: empty */
    EVP_MAC_CTX *context;
};

struct mac {
    struct slot *slots;
    size_t mask;
    EVP_MAC_CTX *running; /* in a slot; NULL: none begun, or err */
    int err;
};

static const struct {
    const char *name;
    size_t octets;
} digests[] = {
    [MAC_SHA1] = {"SHA1", 20},
    [MAC_SHA256] = {"SHA256", 32},
    [MAC_SHA384] = {"SHA384", 48},
    [MAC_SHA512] = {"SHA512", 64},
};

/* The library looks an algorithm up under a lock, so this is done once: threats row 39. */
static EVP_MAC *hmac;
static pthread_once_t hmac_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

size_t mac_octets(enum mac_digest digest)
{
    return digests[digest].octets;
}

/* A keyed context, or NULL. The only place where a digest is looked up by name. */
static EVP_MAC_CTX *make_context(enum mac_digest digest, const void *secret, size_t len)
{
    pthread_once(&hmac_once, fetch);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    char name[8]; /* the library's parameters are not const */
    snprintf(name, sizeof(name), "%s", digests[digest].name);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    if (context && EVP_MAC_init(context, secret, len, parameters) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    if (!context) {
        ERR_clear_error(); /* the queue is the thread's: TLS must not find this in it */
    }
    return context;
}

struct mac_key *mac_key_create(enum mac_digest digest, const void *secret, size_t len)
{
    static _Atomic uint64_t last_number;
    if (len == 0 || len > MAC_SECRET_MAX) {
        return NULL;
    }
    EVP_MAC_CTX *context = make_context(digest, secret, len);
    if (!context) {
        return NULL;
    }
    struct mac_key *key = mem_alloc(sizeof(*key));
    key->number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    key->first_copy = context;
    return key;
}

void mac_key_destroy(struct mac_key *key)
{
    if (key) {
        EVP_MAC_CTX_free(key->first_copy); /* cleanses */
        mem_free(key);
    }
}

struct mac *mac_create(size_t contexts)
{
    size_t size = 1;
    while (size < contexts && size < CONTEXTS_MAX) {
        size *= 2;
    }
    struct mac *mac = mem_alloc(sizeof(*mac));
    mac->slots = mem_alloc(size * sizeof(*mac->slots));
    mac->mask = size - 1;
    mac->err = ERR_NOT_NOW;
    return mac;
}

void mac_forget(struct mac *mac)
{
    for (size_t i = 0; i <= mac->mask; i++) {
        EVP_MAC_CTX_free(mac->slots[i].context); /* cleanses */
        mac->slots[i] = (struct slot){0, NULL};
    }
    mac->running = NULL;
    mac->err = ERR_NOT_NOW;
}

void mac_destroy(struct mac *mac)
{
    if (mac) {
        mac_forget(mac);
        mem_free(mac->slots);
        mem_free(mac);
    }
}

/* Numbers are given in order, so the keys of one configuration fill the slots evenly. */
static EVP_MAC_CTX *context_of(struct mac *mac, const struct mac_key *key)
{
    struct slot *slot = &mac->slots[key->number & mac->mask];
    if (slot->number != key->number) {
        EVP_MAC_CTX_free(slot->context);
        slot->context = EVP_MAC_CTX_dup(key->first_copy);
        slot->number = slot->context ? key->number : 0;
    }
    return slot->context;
}

static int fail(struct mac *mac, int err)
{
    ERR_clear_error();
    mac->running = NULL;
    mac->err = err;
    return err;
}

int mac_begin(struct mac *mac, const struct mac_key *key)
{
    mac->running = NULL;
    EVP_MAC_CTX *context = context_of(mac, key);
    /* No key, no parameters: the state goes back to where the key left it; mac_self_test. */
    if (!context || EVP_MAC_init(context, NULL, 0, NULL) != 1) {
        return fail(mac, ERR_MEMORY);
    }
    mac->running = context;
    mac->err = 0;
    return 0;
}

void mac_update(struct mac *mac, const void *data, size_t len)
{
    if (mac->running && len > 0 && EVP_MAC_update(mac->running, data, len) != 1) {
        fail(mac, ERR_MEMORY);
    }
}

int mac_end(struct mac *mac, uint8_t *out_mac, size_t *out_len)
{
    if (!mac->running) {
        return mac->err;
    }
    size_t len = 0;
    if (EVP_MAC_final(mac->running, out_mac, &len, MAC_MAX) != 1) {
        return fail(mac, ERR_MEMORY);
    }
    mac->running = NULL;
    mac->err = ERR_NOT_NOW;
    *out_len = len;
    return 0;
}

bool mac_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

/* RFC 2202 section 3 and RFC 4231 section 4, cases 1 and 2: two keys for each digest. */
static const struct {
    const char *secret, *data;
    enum mac_digest digest;
    uint8_t mac[MAC_MAX];
} vectors[] = {
    {"\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13",
     "Hi There",
     MAC_SHA1,
     {0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72, 0x64, 0xe2, 0x8b,
      0xc0, 0xb6, 0xfb, 0x37, 0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00}},
    {"Jefe", "what do ya want for nothing?", MAC_SHA1, {0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f,
                                                        0xa2, 0xd2, 0x74, 0x16, 0xd5, 0xf1, 0x84,
                                                        0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79}},
    {"\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13",
     "Hi There",
     MAC_SHA256,
     {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf,
      0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83,
      0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7}},
    {"Jefe", "what do ya want for nothing?", MAC_SHA256, {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75,
                                                          0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95,
                                                          0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d,
                                                          0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
                                                          0x64, 0xec, 0x38, 0x43}},
    {"\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13",
     "Hi There",
     MAC_SHA384,
     {0xaf, 0xd0, 0x39, 0x44, 0xd8, 0x48, 0x95, 0x62, 0x6b, 0x08, 0x25, 0xf4,
      0xab, 0x46, 0x90, 0x7f, 0x15, 0xf9, 0xda, 0xdb, 0xe4, 0x10, 0x1e, 0xc6,
      0x82, 0xaa, 0x03, 0x4c, 0x7c, 0xeb, 0xc5, 0x9c, 0xfa, 0xea, 0x9e, 0xa9,
      0x07, 0x6e, 0xde, 0x7f, 0x4a, 0xf1, 0x52, 0xe8, 0xb2, 0xfa, 0x9c, 0xb6}},
    {"Jefe",
     "what do ya want for nothing?",
     MAC_SHA384,
     {0xaf, 0x45, 0xd2, 0xe3, 0x76, 0x48, 0x40, 0x31, 0x61, 0x7f, 0x78, 0xd2,
      0xb5, 0x8a, 0x6b, 0x1b, 0x9c, 0x7e, 0xf4, 0x64, 0xf5, 0xa0, 0x1b, 0x47,
      0xe4, 0x2e, 0xc3, 0x73, 0x63, 0x22, 0x44, 0x5e, 0x8e, 0x22, 0x40, 0xca,
      0x5e, 0x69, 0xe2, 0xc7, 0x8b, 0x32, 0x39, 0xec, 0xfa, 0xb2, 0x16, 0x49}},
    {"\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13\13",
     "Hi There",
     MAC_SHA512,
     {0x87, 0xaa, 0x7c, 0xde, 0xa5, 0xef, 0x61, 0x9d, 0x4f, 0xf0, 0xb4, 0x24, 0x1a,
      0x1d, 0x6c, 0xb0, 0x23, 0x79, 0xf4, 0xe2, 0xce, 0x4e, 0xc2, 0x78, 0x7a, 0xd0,
      0xb3, 0x05, 0x45, 0xe1, 0x7c, 0xde, 0xda, 0xa8, 0x33, 0xb7, 0xd6, 0xb8, 0xa7,
      0x02, 0x03, 0x8b, 0x27, 0x4e, 0xae, 0xa3, 0xf4, 0xe4, 0xbe, 0x9d, 0x91, 0x4e,
      0xeb, 0x61, 0xf1, 0x70, 0x2e, 0x69, 0x6c, 0x20, 0x3a, 0x12, 0x68, 0x54}},
    {"Jefe",
     "what do ya want for nothing?",
     MAC_SHA512,
     {0x16, 0x4b, 0x7a, 0x7b, 0xfc, 0xf8, 0x19, 0xe2, 0xe3, 0x95, 0xfb, 0xe7, 0x3b,
      0x56, 0xe0, 0xa3, 0x87, 0xbd, 0x64, 0x22, 0x2e, 0x83, 0x1f, 0xd6, 0x10, 0x27,
      0x0c, 0xd7, 0xea, 0x25, 0x05, 0x54, 0x97, 0x58, 0xbf, 0x75, 0xc0, 0x5a, 0x99,
      0x4a, 0x6d, 0x03, 0x4f, 0x65, 0xf8, 0xf0, 0xe6, 0xfd, 0xca, 0xea, 0xb1, 0xa3,
      0x4d, 0x4a, 0x6b, 0x4b, 0x63, 0x6e, 0x07, 0x0a, 0x38, 0xbc, 0xe7, 0x37}},
};

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static bool computes(struct mac *mac, struct mac_key *const *keys, size_t i)
{
    uint8_t out[MAC_MAX];
    size_t len = 0;
    mac_begin(mac, keys[i]);
    mac_update(mac, "dropped", 7); /* must leave no trace */
    mac_begin(mac, keys[i]);
    mac_update(mac, vectors[i].data, strlen(vectors[i].data));
    return mac_end(mac, out, &len) == 0 && len == mac_octets(vectors[i].digest) &&
           mac_equal(out, vectors[i].mac, len);
}

int mac_self_test(void)
{
    struct mac_key *keys[VECTORS] = {NULL};
    struct mac *mac = mac_create(VECTORS);
    bool good = true;
    for (size_t i = 0; i < VECTORS && good; i++) {
        keys[i] = mac_key_create(vectors[i].digest, vectors[i].secret, strlen(vectors[i].secret));
        good = keys[i] != NULL;
    }
    for (size_t i = 0; i < 2 * (size_t)VECTORS && good; i++) { /* twice: again after an end */
        good = computes(mac, keys, i % VECTORS);
    }
    mac_destroy(mac);
    for (size_t i = 0; i < VECTORS; i++) {
        mac_key_destroy(keys[i]);
    }
    return good ? 0 : ERR_UNSUPPORTED;
}
