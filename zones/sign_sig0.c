#include "zones/sign_sig0.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "zones/dns_code.h"

enum {
    KEYS = 64,        /* kept ready */
    DER_MAX = 80,     /* octets of two numbers of 32 octets */
    DIGEST_MAX = 32,  /* SHA-256 */
    ARCOUNT_AT = 10,  /* in the header */
    POINT_FORM = 0x4, /* uncompressed (SEC 1 2.3.3) */
    SIGNED_MAX = DNS_SIG0_FIXED + DNS_NAME_MAX + DNS_MESSAGE_MAX,
};

/* A key made ready: one of the two contexts is there, by its algorithm. */
struct slot {
    struct dns_sig0_key key; /* len 0: empty */
    EVP_PKEY *public_key;
    EVP_PKEY_CTX *ecdsa;
    EVP_MD_CTX *eddsa; /* begun; copied for each signature */
};

struct sign_sig0 {
    EVP_MD *sha256;
    EVP_PKEY_CTX *make_ecdsa, *make_eddsa; /* of keys from their octets */
    EVP_MD_CTX *digest;
    struct slot slots[KEYS];
    unsigned next; /* slot that goes first */
    uint8_t data[SIGNED_MAX];
};

static EVP_PKEY_CTX *make_maker(const char *algorithm)
{
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    if (maker && EVP_PKEY_fromdata_init(maker) != 1) {
        EVP_PKEY_CTX_free(maker);
        return NULL;
    }
    return maker;
}

struct sign_sig0 *sign_sig0_create(void)
{
    struct sign_sig0 *verifier = mem_alloc(sizeof(*verifier));
    verifier->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    verifier->make_ecdsa = make_maker("EC");
    verifier->make_eddsa = make_maker("ED25519");
    verifier->digest = EVP_MD_CTX_new();
    if (!verifier->sha256 || !verifier->make_ecdsa || !verifier->make_eddsa || !verifier->digest) {
        ERR_clear_error(); /* the queue is the thread's: others must not find this in it */
        sign_sig0_destroy(verifier);
        return NULL;
    }
    return verifier;
}

static void empty(struct slot *slot)
{
    EVP_PKEY_CTX_free(slot->ecdsa);
    EVP_MD_CTX_free(slot->eddsa);
    EVP_PKEY_free(slot->public_key);
    *slot = (struct slot){.key = {.len = 0}};
}

void sign_sig0_destroy(struct sign_sig0 *verifier)
{
    if (!verifier) {
        return;
    }
    for (unsigned i = 0; i < KEYS; i++) {
        empty(&verifier->slots[i]);
    }
    EVP_MD_CTX_free(verifier->digest);
    EVP_PKEY_CTX_free(verifier->make_ecdsa);
    EVP_PKEY_CTX_free(verifier->make_eddsa);
    EVP_MD_free(verifier->sha256);
    mem_free(verifier);
}

/* RFC 6605 section 4: the key is a point without its first octet. */
static bool fill_ecdsa(const struct sign_sig0 *verifier, struct slot *slot)
{
    uint8_t point[1 + DNS_SIG0_KEY_MAX] = {POINT_FORM};
    size_t len = slot->key.len - (size_t)DNS_SIG0_KEY_FIXED;
    char curve[] = "prime256v1"; /* the library's parameters are not const */
    memcpy(point + 1, slot->key.rdata + DNS_SIG0_KEY_FIXED, len);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, len + 1),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata(verifier->make_ecdsa, &slot->public_key, EVP_PKEY_PUBLIC_KEY,
                          parameters) != 1) {
        return false;
    }
    slot->ecdsa = EVP_PKEY_CTX_new_from_pkey(NULL, slot->public_key, NULL);
    return slot->ecdsa && EVP_PKEY_verify_init(slot->ecdsa) == 1;
}

/* RFC 8080 section 3: the key as RFC 8032 writes it. */
static bool fill_eddsa(const struct sign_sig0 *verifier, struct slot *slot)
{
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                          slot->key.rdata + DNS_SIG0_KEY_FIXED,
                                          slot->key.len - (size_t)DNS_SIG0_KEY_FIXED),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata(verifier->make_eddsa, &slot->public_key, EVP_PKEY_PUBLIC_KEY,
                          parameters) != 1) {
        return false;
    }
    slot->eddsa = EVP_MD_CTX_new();
    return slot->eddsa &&
           EVP_DigestVerifyInit(slot->eddsa, NULL, NULL, NULL, slot->public_key) == 1;
}

/* The key made ready; NULL when it is no key. Keys that any peer may bring push each other out in
 * turn, so what they cost is bounded. */
static struct slot *find_slot(struct sign_sig0 *verifier, const struct dns_sig0_key *key)
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct slot *slot = &verifier->slots[i];
        if (slot->key.len == key->len && memcmp(slot->key.rdata, key->rdata, key->len) == 0) {
            return slot;
        }
    }
    struct slot *slot = &verifier->slots[verifier->next];
    verifier->next = (verifier->next + 1) % KEYS;
    empty(slot);
    slot->key = *key;
    bool is_eddsa = key->rdata[DNS_SIG0_KEY_FIXED - 1] == DNS_SIG0_ED25519;
    if (is_eddsa ? fill_eddsa(verifier, slot) : fill_ecdsa(verifier, slot)) {
        return slot;
    }
    empty(slot);
    return NULL;
}

/* RFC 2931 3.1: RDATA without the signature, then the message as it was before the record. */
static size_t gather(struct sign_sig0 *verifier, const struct dns_sig0 *sig0,
                     const uint8_t *message)
{
    struct wr wr = wr_make(verifier->data, sizeof(verifier->data));
    wr_bytes(&wr, sig0->fixed, DNS_SIG0_FIXED);
    wr_bytes(&wr, sig0->signer, sig0->signer_len);
    size_t start = wr_len(&wr);
    wr_bytes(&wr, message, sig0->at);
    unsigned count = (unsigned)(message[ARCOUNT_AT] << 8 | message[ARCOUNT_AT + 1]);
    wr_patch_u16(&wr, start + ARCOUNT_AT, count - 1);
    return wr.err ? 0 : wr_len(&wr);
}

/* RFC 6605 section 4: two numbers of 32 octets, which the library wants in DER. */
static int write_der(const uint8_t *signature, uint8_t *out)
{
    const int half = DNS_SIG0_SIGNATURE / 2;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, half, NULL), *s = BN_bin2bn(signature + half, half, NULL);
    int len = -1;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        len = i2d_ECDSA_SIG(pair, &out);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return len;
}

static int verify_ecdsa(struct sign_sig0 *verifier, const struct slot *slot,
                        const uint8_t *signature, size_t len)
{
    uint8_t digest[DIGEST_MAX], der[DER_MAX];
    unsigned digest_len = 0;
    int der_len = write_der(signature, der);
    if (der_len < 0 || EVP_DigestInit_ex2(verifier->digest, verifier->sha256, NULL) != 1 ||
        EVP_DigestUpdate(verifier->digest, verifier->data, len) != 1 ||
        EVP_DigestFinal_ex(verifier->digest, digest, &digest_len) != 1) {
        return -1;
    }
    return EVP_PKEY_verify(slot->ecdsa, der, (size_t)der_len, digest, digest_len) == 1;
}

static int verify_eddsa(struct sign_sig0 *verifier, const struct slot *slot,
                        const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *context = verifier->digest;
    if (EVP_MD_CTX_copy_ex(context, slot->eddsa) != 1) {
        return -1;
    }
    int good = EVP_DigestVerify(context, signature, DNS_SIG0_SIGNATURE, verifier->data, len) == 1;
    EVP_MD_CTX_reset(context);
    return good;
}

enum dns_sig0_verdict sign_sig0_verify(struct sign_sig0 *verifier, const struct dns_sig0 *sig0,
                                       const struct dns_sig0_key *key, const uint8_t *message)
{
    const struct slot *slot = find_slot(verifier, key);
    size_t len = gather(verifier, sig0, message);
    int good = 0;
    if (slot && len > 0) {
        good = slot->eddsa ? verify_eddsa(verifier, slot, sig0->signature, len)
                           : verify_ecdsa(verifier, slot, sig0->signature, len);
    }
    ERR_clear_error();
    if (good < 0) {
        return DNS_SIG0_FAILED;
    }
    return good ? DNS_SIG0_GOOD : DNS_SIG0_BADSIG;
}
