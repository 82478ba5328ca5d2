#include "tests/lib/signer.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "tests/lib/text.h"
#include "zones/dns_code.h"
#include "zones/dns_type.h"

enum { FIXED = 18, SIGNATURE = 64, ALGORITHM = 15, MESSAGE_MAX = 65535 };

void signer_make(struct signer *signer, const char *name, uint8_t number)
{
    size_t len = 0, public_len = SIGNER_SECRET;
    char hex[2 * SIGNER_RDATA + 1];
    CHECK(dns_name_parse(name, strlen(name), NULL, signer->name, &len) == 0);
    memset(signer->secret, number, sizeof(signer->secret));
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->secret, SIGNER_SECRET);
    memcpy(signer->rdata, "\2\0\3\17", 4);
    CHECK(key && EVP_PKEY_get_raw_public_key(key, signer->rdata + 4, &public_len) == 1);
    EVP_PKEY_free(key);
    text_to_hex(signer->rdata, sizeof(signer->rdata), hex);
    snprintf(signer->text, sizeof(signer->text), "KEY \\# %d %s", SIGNER_RDATA, hex);
}

uint16_t signer_tag(const struct signer *signer)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < SIGNER_RDATA; i += 2) {
        sum += (uint32_t)(signer->rdata[i] << 8 | signer->rdata[i + 1]);
    }
    return (uint16_t)(sum + (sum >> 16));
}

static void put_fixed(struct wr *wr, const struct signer *signer, uint32_t inception_s,
                      uint32_t expiration_s)
{
    wr_u16(wr, 0);
    wr_u8(wr, ALGORITHM);
    wr_u8(wr, 0);
    wr_u32(wr, 0);
    wr_u32(wr, expiration_s);
    wr_u32(wr, inception_s);
    wr_u16(wr, signer_tag(signer));
    wr_bytes(wr, signer->name, dns_name_len(signer->name));
}

size_t signer_sign(const struct signer *signer, uint8_t *message, size_t len, uint32_t inception_s,
                   uint32_t expiration_s)
{
    static uint8_t data[MESSAGE_MAX + SIGNER_ROOM];
    uint8_t signature[SIGNATURE];
    size_t signature_len = sizeof(signature);
    struct wr wr = wr_make(data, sizeof(data));
    put_fixed(&wr, signer, inception_s, expiration_s);
    wr_bytes(&wr, message, len);
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->secret, SIGNER_SECRET);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    CHECK(EVP_DigestSign(context, signature, &signature_len, data, wr_len(&wr)) == 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    wr = wr_make(message, len + SIGNER_ROOM);
    wr.pos += len;
    wr_u8(&wr, 0);
    wr_u16(&wr, DNS_TYPE_SIG);
    wr_u16(&wr, DNS_CLASS_ANY);
    wr_u32(&wr, 0);
    wr_u16(&wr, (unsigned)(FIXED + dns_name_len(signer->name) + SIGNATURE));
    put_fixed(&wr, signer, inception_s, expiration_s);
    wr_bytes(&wr, signature, sizeof(signature));
    wr_patch_u16(&wr, 10, (unsigned)(message[10] << 8 | message[11]) + 1);
    CHECK(!wr.err);
    return wr_len(&wr);
}
