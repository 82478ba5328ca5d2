/* Names at every place of a message: read, skip, measure, print and parse back, index, order. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const uint8_t *name, size_t len)
{
    static const struct hash_key key = {1, 2};
    char text[DNS_NAME_TEXT_MAX];
    const size_t text_len = dns_name_print(name, text);
    uint8_t other[DNS_NAME_MAX];
    size_t other_len = 0;
    CHECK(text_len < sizeof(text) && strlen(text) == text_len);
    CHECK(dns_name_parse(text, text_len, NULL, other, &other_len) == 0);
    CHECK(other_len == len && memcmp(other, name, len) == 0);

    dns_name_lower(name, len, other);
    CHECK(dns_name_equal(name, other) && dns_name_compare(name, other) == 0);
    struct dns_labels labels;
    dns_name_index(&key, other, &labels);
    CHECK(labels.count == dns_name_labels(name) && labels.offset[labels.count] + 1u == len);
    CHECK(dns_name_is_in(name, dns_name_up(other, labels.count / 2)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len = 0;
    for (size_t at = 0; at < size; at++) {
        struct rd rd = rd_make(data, size);
        rd_take(&rd, at);
        struct rd skip = rd;
        if (dns_name_read(&rd, name, &len) == 0) {
            CHECK(dns_name_skip(&skip) == 0 && skip.pos == rd.pos);
            CHECK(dns_name_measure(name, len) == len && dns_name_len(name) == len);
            use(name, len);
        }
    }
    if (dns_name_parse((const char *)data, size, (const uint8_t *)"\2de", name, &len) == 0) {
        CHECK(dns_name_measure(name, len) == len);
        use(name, len);
    }
    return 0;
}
